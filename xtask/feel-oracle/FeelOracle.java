import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import com.fasterxml.jackson.module.scala.DefaultScalaModule$;
import io.camunda.connector.feel.FeelConnectorFunctionProvider;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.time.ZonedDateTime;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.camunda.feel.FeelEngine;
import org.camunda.feel.FeelEngineClock;
import org.camunda.feel.api.EvaluationFailure;
import org.camunda.feel.api.EvaluationResult;
import org.camunda.feel.api.FailedEvaluationResult;
import org.camunda.feel.api.SuccessfulEvaluationResult;
import org.camunda.feel.context.Context;
import org.camunda.feel.impl.JavaValueMapper;
import org.camunda.feel.syntaxtree.ParsedExpression;
import org.camunda.feel.syntaxtree.Val;
import org.camunda.feel.valuemapper.JavaCustomValueMapper;
import scala.jdk.javaapi.CollectionConverters;

/**
 * FEEL-Scala as the connectors run it, behind JSON lines: {"id", "expr", "context"} in, {"id", "ok", ...} out. The
 * clock stands at the system property `clock`. With the argument `bench` it measures instead of answering.
 */
// The Builder and the calls are the ones that the connectors use, old as they are.
@SuppressWarnings("deprecation")
public class FeelOracle {
  private static final TypeReference<Map<String, Object>> VARIABLES = new TypeReference<>() {};
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final long PAUSE_MILLIS = 100;
  /** Deep nesting shall be the engine's matter, not the stack's. */
  private static final long STACK_BYTES = 64L << 20;

  private final ObjectMapper json =
      new ObjectMapper()
          .registerModules(DefaultScalaModule$.MODULE$, new JavaTimeModule(), new Jdk8Module())
          .disable(
              SerializationFeature.FAIL_ON_EMPTY_BEANS,
              SerializationFeature.WRITE_DATES_AS_TIMESTAMPS,
              SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS);
  private final FeelEngine engine = engine(new TypeKeeper(false));
  private final FeelEngine typed = engine(new TypeKeeper(true));

  /** Leaves the engine's own value as it is when asked to, so that its type can be told. */
  private static final class TypeKeeper extends JavaCustomValueMapper {
    private final boolean keeps;

    TypeKeeper(boolean keeps) {
      this.keeps = keeps;
    }

    @Override
    public int priority() {
      return keeps ? 50 : super.priority();
    }

    @Override
    public Optional<Val> toValue(Object value, Function<Object, Val> inner) {
      return Optional.empty();
    }

    @Override
    public Optional<Object> unpackValue(Val value, Function<Val, Object> inner) {
      return keeps ? Optional.of(value) : Optional.empty();
    }
  }

  private static FeelEngine engine(JavaCustomValueMapper mapper) {
    ZonedDateTime moment = ZonedDateTime.parse(System.getProperty("clock"));
    FeelEngineClock clock = () -> moment;
    return new FeelEngine.Builder()
        .functionProvider(new FeelConnectorFunctionProvider())
        .customValueMapper(new JavaValueMapper())
        .customValueMapper(mapper)
        .clock(clock)
        .build();
  }

  public static void main(String[] arguments) throws Exception {
    FeelOracle oracle = new FeelOracle();
    boolean measures = arguments.length > 0 && arguments[0].equals("bench");
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (var out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8)) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        JsonNode request = oracle.json.readTree(line);
        out.println(measures ? oracle.measured(request) : oracle.patiently(request));
        if (!in.ready()) {
          out.flush();
        }
      }
    }
    System.exit(0);
  }

  /** The answer, or the phase "timeout": failing nested brackets take its parser exponential time. */
  private String patiently(JsonNode request) throws Exception {
    var task = new FutureTask<>((Callable<String>) () -> answer(request));
    Thread thread = new Thread(null, task, "evaluation", STACK_BYTES);
    thread.setDaemon(true);
    thread.start();
    // By the time it has used: a busy machine is no reason to give up.
    while (ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.threadId()) < PATIENCE_NANOS) {
      try {
        return task.get(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        // Look again.
      }
    }
    return json.writeValueAsString(failure(request, "timeout", "no answer in time"));
  }

  private String answer(JsonNode request) throws Exception {
    try {
      return json.writeValueAsString(evaluate(request));
    } catch (Throwable e) {
      String reason = e.getClass().getSimpleName() + ": " + e.getMessage();
      return json.writeValueAsString(failure(request, "convert", reason));
    }
  }

  private ObjectNode failure(JsonNode request, String phase, String error) {
    ObjectNode answer = json.createObjectNode().put("ok", false).put("phase", phase).put("error", error);
    answer.set("id", request.get("id"));
    answer.set("warnings", json.createArrayNode());
    return answer;
  }

  private ObjectNode evaluate(JsonNode request) throws Exception {
    Context context = context(request);
    var parsed = engine.parseExpression(text(request));
    if (parsed.isLeft()) {
      return failure(request, "parse", parsed.left().toOption().get().message());
    }
    ParsedExpression expression = (ParsedExpression) parsed.toOption().get();
    EvaluationResult result = engine.evaluate(expression, context);
    ObjectNode answer;
    if (result instanceof FailedEvaluationResult failed) {
      answer = failure(request, "eval", failed.failure().message());
    } else {
      Object value = ((SuccessfulEvaluationResult) result).result();
      answer = json.createObjectNode().put("ok", true);
      answer.set("id", request.get("id"));
      // Read back as text: what a process variable would hold, digit by digit.
      answer.put("value", json.writeValueAsString(value));
      answer.put("type", type(typed.evaluate(expression, context)));
    }
    var warnings = answer.putArray("warnings");
    for (EvaluationFailure warning : CollectionConverters.asJava(result.suppressedFailures())) {
      warnings.addObject().put("type", warning.failureType().toString()).put("message", warning.failureMessage());
    }
    return answer;
  }

  /** What the connectors do to an expression's text. */
  private static String text(JsonNode request) {
    String text = request.get("expr").asText().trim();
    return (text.startsWith("=") ? text.substring(1) : text).trim();
  }

  private Context context(JsonNode request) {
    return context(json.convertValue(request.get("context"), VARIABLES));
  }

  private static Context context(Map<String, Object> variables) {
    var entries = scala.collection.immutable.Map.from(CollectionConverters.asScala(variables));
    return new Context.StaticContext(entries, scala.collection.immutable.Map$.MODULE$.empty());
  }

  private static String type(EvaluationResult result) {
    if (!(result instanceof SuccessfulEvaluationResult success) || success.result() == null) {
      return "null";
    }
    return switch (success.result().getClass().getSimpleName()) {
      case "ValNull$" -> "null";
      case "ValLocalTime" -> "local time";
      case "ValLocalDateTime" -> "local date and time";
      case "ValDateTime" -> "date and time";
      case "ValYearMonthDuration" -> "years and months duration";
      case "ValDayTimeDuration" -> "days and time duration";
      case String name -> name.replace("Val", "").toLowerCase();
    };
  }

  private interface Step {
    void run() throws Exception;
  }

  private static volatile Object result;

  /** {"id", "evaluate", "parse_evaluate"}: nanoseconds of CPU time, warm, the median of the rounds. */
  private String measured(JsonNode request) throws Exception {
    String text = text(request);
    Context context = context(request);
    var expression = (ParsedExpression) engine.parseExpression(text).toOption().get();
    ObjectNode answer = json.createObjectNode();
    answer.set("id", request.get("id"));
    answer.put("evaluate", median(() -> result = engine.evaluate(expression, context)));
    answer.put("parse_evaluate", median(() -> result = engine.evalExpression(text, context)));
    return json.writeValueAsString(answer);
  }

  private static double median(Step step) throws Exception {
    ThreadMXBean cpu = ManagementFactory.getThreadMXBean();
    long warm = cpu.getCurrentThreadCpuTime() + TimeUnit.SECONDS.toNanos(2);
    while (cpu.getCurrentThreadCpuTime() < warm) {
      step.run();
    }
    double[] rounds = new double[9];
    for (int round = 0; round < rounds.length; round++) {
      int times = 5_000;
      long start = cpu.getCurrentThreadCpuTime();
      for (int time = 0; time < times; time++) {
        step.run();
      }
      rounds[round] = (cpu.getCurrentThreadCpuTime() - start) / (double) times;
    }
    Arrays.sort(rounds);
    return rounds[rounds.length / 2];
  }
}
