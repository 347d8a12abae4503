import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import com.fasterxml.jackson.module.scala.DefaultScalaModule$;
import com.sun.management.OperatingSystemMXBean;
import fastparse.IndexedParserInput;
import fastparse.ParserInputSource$;
import fastparse.ParsingRun;
import io.camunda.connector.feel.FeelConnectorFunctionProvider;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.time.ZonedDateTime;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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
import org.camunda.feel.impl.parser.FeelParser$;
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
  /** How often its parser may look at a character before it is given up; ordinary texts take some thousand looks. */
  private static final long MOST_LOOKS = 100_000;
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
        if (oracle.isStuck) {
          break;
        }
        if (!in.ready()) {
          out.flush();
        }
      }
    }
    Runtime.getRuntime().halt(0);
  }

  private final ExecutorService evaluation =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(null, task, "evaluation", STACK_BYTES);
            thread.setDaemon(true);
            return thread;
          });
  private final OperatingSystemMXBean cpu =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
  /** Its thread goes on for ever and fills the memory; only the process can be ended. */
  private boolean isStuck;

  /** The answer, or the phase "timeout". */
  private String patiently(JsonNode request) throws Exception {
    Future<String> answer = evaluation.submit(() -> answer(request));
    // By the time that it and the collector of its garbage have used: a busy machine is no reason to give up.
    long start = cpu.getProcessCpuTime();
    while (cpu.getProcessCpuTime() - start < PATIENCE_NANOS) {
      try {
        return answer.get(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        // Look again.
      }
    }
    isStuck = true;
    return json.writeValueAsString(failure(request, "timeout", "no answer in time"));
  }

  private static final class TooManyLooks extends RuntimeException {
    TooManyLooks() {
      super(null, null, false, false);
    }
  }

  /** A text that can be looked at so many times only. */
  private static final class CountedInput extends IndexedParserInput {
    private long looks;

    CountedInput(String text) {
      super(text);
    }

    @Override
    public char apply(int index) {
      if (++looks > MOST_LOOKS) {
        throw new TooManyLooks();
      }
      return super.apply(index);
    }
  }

  private static final Method FULL_EXPRESSION = fullExpression();

  private static Method fullExpression() {
    try {
      Method method = FeelParser$.class.getDeclaredMethod("fullExpression", ParsingRun.class);
      method.setAccessible(true);
      return method;
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Whether its parser comes to an end: it takes exponential time on some nesting that fails. */
  private static boolean isParsedInTime(String text) {
    scala.Function1<ParsingRun<Object>, ParsingRun<Object>> rule = FeelOracle::parse;
    try {
      var input = ParserInputSource$.MODULE$.fromParserInput(new CountedInput(text), x -> x);
      fastparse.package$.MODULE$.parse(input, rule, false, 0, null);
    } catch (TooManyLooks e) {
      return false;
    } catch (RuntimeException e) {
      // What the engine makes of it, it says itself.
    }
    return true;
  }

  @SuppressWarnings("unchecked")
  private static ParsingRun<Object> parse(ParsingRun<Object> run) {
    try {
      return (ParsingRun<Object>) FULL_EXPRESSION.invoke(FeelParser$.MODULE$, run);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
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
    String text = text(request);
    if (!isParsedInTime(text)) {
      return failure(request, "timeout", "the parser does not end in time");
    }
    var parsed = engine.parseExpression(text);
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

  /**
   * {"id", "evaluate", "to_json", "parse_evaluate"}: nanoseconds of CPU time, warm, the median of the rounds. "evaluate"
   * ends with the engine's own result, "to_json" with the JSON text that the connectors make of it.
   */
  private String measured(JsonNode request) throws Exception {
    String text = text(request);
    Context context = context(request);
    var expression = (ParsedExpression) engine.parseExpression(text).toOption().get();
    ObjectNode answer = json.createObjectNode();
    answer.set("id", request.get("id"));
    answer.put("evaluate", median(() -> result = engine.evaluate(expression, context)));
    answer.put(
        "to_json",
        median(
            () -> {
              var success = (SuccessfulEvaluationResult) engine.evaluate(expression, context);
              result = json.writeValueAsString(success.result());
            }));
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
