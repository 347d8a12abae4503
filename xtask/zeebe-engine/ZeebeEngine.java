import io.camunda.zeebe.process.test.engine.EngineFactory;

/** Zeebe's engine in memory, behind a gateway on the given port, until it is killed. */
public class ZeebeEngine {
  public static void main(String[] arguments) throws InterruptedException {
    var engine = EngineFactory.create(Integer.parseInt(arguments[0]));
    engine.start();
    System.out.println("ready");
    Thread.currentThread().join();
  }
}
