import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.utils.Exit;

/**
 * Kafka's command line tools, one after the other in one JVM: to start Java and load Kafka's classes takes longer than what most of them do. A call names a class, its
 * arguments and what it is to read; the answer tells what it wrote and how it ended.
 */
public class KafkaTools {
  /** Ends a tool where it would end the process. */
  private static final class Ended extends Error {}

  private static int exitCode;

  public static void main(String[] args) throws Exception {
    ObjectMapper json = new ObjectMapper();
    PrintStream answers = System.out;
    Exit.setExitProcedure((code, message) -> end(code));
    Exit.setHaltProcedure((code, message) -> end(code));
    Exit.setShutdownHookAdder((name, hook) -> {});
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      answers.println(json.writeValueAsString(run(json.readTree(line), json.createObjectNode())));
      answers.flush();
    }
  }

  private static void end(int code) {
    if (exitCode < 0) exitCode = code;
    // it may catch this, and tell of it as of a failure
    System.setErr(new PrintStream(OutputStream.nullOutputStream()));
    throw new Ended();
  }

  private static ObjectNode run(JsonNode call, ObjectNode answer) throws Exception {
    List<String> args = new ArrayList<>();
    call.get("args").forEach(each -> args.add(each.asText()));
    ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    ByteArrayOutputStream stderr = new ByteArrayOutputStream();
    System.setIn(new ByteArrayInputStream(call.get("input").asText().getBytes(StandardCharsets.UTF_8)));
    System.setOut(new PrintStream(stdout, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(stderr, true, StandardCharsets.UTF_8));
    exitCode = -1;
    try {
      Class.forName(call.get("main").asText()).getMethod("main", String[].class).invoke(null, (Object) args.toArray(new String[0]));
    } catch (InvocationTargetException thrown) {
      if (!(thrown.getCause() instanceof Ended)) {
        exitCode = 1;
        thrown.getCause().printStackTrace();
      }
    }
    System.out.flush();
    answer.put("exitCode", Math.max(exitCode, 0));
    answer.put("stdout", stdout.toString(StandardCharsets.UTF_8));
    answer.put("stderr", stderr.toString(StandardCharsets.UTF_8));
    return answer;
  }
}
