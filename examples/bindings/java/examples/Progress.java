// SPDX-License-Identifier: BSD-2-Clause
// Checks a list of addresses, one a line, a hundred at a time, with progress on standard error.

import example.mxcheck.AsyncContext;
import example.mxcheck.Config;
import example.mxcheck.MxcheckException;
import example.mxcheck.Query;
import example.mxcheck.Result;
import example.mxcheck.Verdict;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;

final class Progress {
    private static final int AT_ONCE = 100;

    private final Semaphore places = new Semaphore(AT_ONCE);
    private final int count;
    private int done;

    private Progress(int count) {
        this.count = count;
    }

    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    private static int run(String[] arguments) {
        List<String> options = Arrays.stream(arguments).filter(argument -> argument.contains("=")).toList();
        List<String> files = Arrays.stream(arguments).filter(argument -> !argument.contains("=")).toList();
        if (files.size() != 1) {
            return fail(64, "usage: Progress [NAME=VALUE ...] FILE");
        }
        try (AsyncContext ctx = new AsyncContext(config(options))) {
            List<byte[]> addresses = addresses(Path.of(files.get(0)));
            return print(new Progress(addresses.size()).check(ctx, addresses));
        } catch (MxcheckException error) {
            return fail(64, error.getMessage());
        } catch (IOException error) {
            return fail(66, error.toString());
        } catch (CompletionException error) {
            return fail(71, error.getCause().getMessage());
        }
    }

    private static int fail(int status, String text) {
        System.err.println(text);
        return status;
    }

    private static Config config(List<String> options) {
        Config config = new Config();
        for (String option : options) {
            String[] parts = option.split("=", 2);
            config.set(parts[0], parts[1]);
        }
        return config;
    }

    private static List<byte[]> addresses(Path path) throws IOException {
        return Files.readString(path, StandardCharsets.ISO_8859_1).lines().map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .map(line -> line.getBytes(StandardCharsets.ISO_8859_1)).toList();
    }

    private List<Result> check(AsyncContext ctx, List<byte[]> addresses) {
        List<CompletableFuture<Result>> checks = new ArrayList<>();
        for (byte[] address : addresses) {
            places.acquireUninterruptibly();
            checks.add(ctx.check(Query.rcpt(address)).whenComplete((result, error) -> show()));
        }
        List<Result> results = checks.stream().map(CompletableFuture::join).toList();
        System.err.println();
        return results;
    }

    private synchronized void show() {
        done++;
        System.err.print("\r" + done + " of " + count);
        places.release();
    }

    private static int print(List<Result> results) {
        try (PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8)) {
            for (Result result : results) {
                String address = new String(result.address(), StandardCharsets.UTF_8);
                out.print(address + "\t" + result.verdict().word() + "\t" + result.reasonName() + "\n");
            }
        }
        return status(results);
    }

    private static int status(List<Result> results) {
        List<Verdict> verdicts = results.stream().map(Result::verdict).toList();
        return verdicts.contains(Verdict.REJECT) ? 1 : verdicts.contains(Verdict.DEFER) ? 2 : 0;
    }
}
