/**
 * `odradek/testing`: what a program's own tests can use. Generators (they want fast-check), faults that happen to a cluster by a plan, and
 * a checker of histories, which knows nothing of this package and takes those of any Kafka.
 */
export {checkHistory, type HistoryReport} from './history/check-history.ts'
export {History} from './history/history.ts'
export {
  ANOMALIES,
  type Anomaly,
  type AnomalyKind,
  type Operation,
  type Outcome,
  type PollStep,
  type SendStep,
  type Value,
} from './history/operation.ts'
export {type FaultPlan, type FaultStep, faultPlan, type PlanShape} from './testing/fault-plan.ts'
export {type AnyRecord, type AnySend, faultPlans, keys, records, sends} from './testing/generators.ts'
export {type FaultyCluster, runFaults} from './testing/run-faults.ts'
export {type SimulatedHistory, simulateCluster} from './testing/simulate-cluster.ts'
