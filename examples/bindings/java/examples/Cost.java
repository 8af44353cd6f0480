// SPDX-License-Identifier: BSD-2-Clause
// Cost UPSTREAM COUNT: prints "hit_ns=… cold_us=…", the CPU of a blocking check of a domain that is known, or not.
import com.sun.management.OperatingSystemMXBean;
import example.mxcheck.Config;
import example.mxcheck.Context;
import example.mxcheck.Verdict;
import java.lang.management.ManagementFactory;
import java.util.Locale;

public final class Cost {
    private static final int HITS_EACH = 20;
    private static final OperatingSystemMXBean SYSTEM = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private Cost() {
    }

    private static void expectAccepted(Context context, String address) {
        if (context.checkRcpt(address).verdict() != Verdict.ACCEPT) {
            throw new IllegalStateException(address + " is not accepted");
        }
    }

    /** Nanoseconds of CPU, those of the compiler and of the collector included. */
    private static double cost(Runnable work) {
        long started = SYSTEM.getProcessCpuTime();
        work.run();
        return SYSTEM.getProcessCpuTime() - started;
    }

    public static void main(String[] arguments) {
        int count = Integer.parseInt(arguments[1]);
        try (Context context = new Context(new Config().set("upstreams", arguments[0]))) {
            for (int i = 0; i < count * HITS_EACH; i++) { // until all is compiled
                expectAccepted(context, "u@warm.example");
            }
            double cold = cost(() -> {
                for (int i = 0; i < count; i++) {
                    expectAccepted(context, "u@d" + i + ".example");
                }
            });
            double hit = cost(() -> {
                for (int i = 0; i < count * HITS_EACH; i++) {
                    expectAccepted(context, "u@warm.example");
                }
            });
            System.out.printf(Locale.ROOT, "hit_ns=%.0f cold_us=%.1f%n", hit / (count * HITS_EACH), cold / 1e3 / count);
        }
    }
}
