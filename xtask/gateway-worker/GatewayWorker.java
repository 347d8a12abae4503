import io.camunda.zeebe.client.ZeebeClient;
import java.net.URI;

/**
 * The official client's job worker with streaming, beside which `cargo xtask bench gateway` measures ours: completes
 * whatever it gets and does not wait for the answer. Arguments: the gateway's URL, the job type. Ends with its standard
 * input.
 */
public class GatewayWorker {
  public static void main(String[] arguments) throws Exception {
    try (var client =
            ZeebeClient.newClientBuilder().grpcAddress(URI.create(arguments[0])).usePlaintext().build();
        var worker =
            client
                .newWorker()
                .jobType(arguments[1])
                .handler((commands, job) -> commands.newCompleteCommand(job).send())
                .streamEnabled(true)
                .open()) {
      while (System.in.read() != -1) {
        // Only its end means something.
      }
    }
  }
}
