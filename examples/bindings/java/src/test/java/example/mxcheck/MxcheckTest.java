// SPDX-License-Identifier: BSD-2-Clause
// The binding over a real name server, and over a test zone; with a collector that runs all the time.
package example.mxcheck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.lang.ref.WeakReference;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class MxcheckTest {
    private static final String UPSTREAM = System.getenv("MXCHECK_TEST_UPSTREAM");
    private static final String GOOD = "u@ok-mx.mx.example";
    private static final String ABSENT = "u@nxdomain.mx.example";
    private static final String SILENT = "u@to-all.f.mx.example";
    private static final Duration MOMENT = Duration.ofMillis(50);

    private static Config config() {
        return new Config().set("upstreams", UPSTREAM);
    }

    private static Config patient() {
        return config().set("timeout", "600s");
    }

    private static String header() throws IOException {
        return Files.readString(Path.of(System.getenv("MXCHECK_HEADER")));
    }

    private static Stream<MatchResult> matches(String pattern, String text) {
        return Pattern.compile(pattern, Pattern.DOTALL | Pattern.MULTILINE).matcher(text).results();
    }

    private static List<Verdict> verdicts(List<Result> results) {
        return results.stream().map(Result::verdict).toList();
    }

    private static List<Result> join(List<CompletableFuture<Result>> checks) {
        return checks.stream().map(CompletableFuture::join).toList();
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            Thread.sleep(5);
        }
    }

    private static long loops() {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().equals("mxcheck")).count();
    }

    @AfterEach
    void nothingIsLeftBehind() {
        assertEquals(Map.of(), Pending.TABLE);
    }

    @Test
    void everyFunctionOfTheHeaderIsThere() throws IOException {
        String code = header().replaceAll("(?s)/\\*.*?\\*/", "").replaceAll("(?m)^#.*$", "");
        assertEquals(matches("MXCHECK_API[^;(]*?(mxcheck_\\w+)\\(", code).map(match -> match.group(1)).collect(Collectors.toSet()),
                Arrays.stream(LibMxcheck.class.getDeclaredMethods()).filter(method -> Modifier.isNative(method.getModifiers()))
                        .map(Method::getName).collect(Collectors.toSet()));
    }

    @Test
    void everyReasonOfTheHeaderIsThere() throws IOException {
        Map<String, Integer> numbers = matches("MXCHECK_REASON_(\\w+) = (\\d+)", header())
                .collect(Collectors.toMap(match -> match.group(1), match -> Integer.valueOf(match.group(2))));
        assertEquals(numbers, Arrays.stream(Reason.values()).filter(reason -> reason != Reason.UNKNOWN)
                .collect(Collectors.toMap(Reason::name, Reason::number)));
        assertEquals(Set.copyOf(numbers.values()),
                Mxcheck.reasons().stream().map(Mxcheck.KnownReason::number).collect(Collectors.toSet()));
    }

    @Test
    void whatALaterLibraryAddsIsUnknown() {
        assertSame(Reason.UNKNOWN, Reason.of(9999));
        assertSame(Dnssec.UNKNOWN, Dnssec.of(9999));
        assertSame(LogLevel.UNKNOWN, LogLevel.of(9999));
    }

    @Test
    void wordsAreThoseOfTheLibrary() {
        assertEquals(List.of("accept", "defer", "reject"), Arrays.stream(Verdict.values()).map(Verdict::word).toList());
        assertEquals(List.of("sender", "rcpt"), Arrays.stream(Role.values()).map(Role::word).toList());
        assertEquals(List.of("unknown", "secure", "insecure", "bogus"), Arrays.stream(Dnssec.values()).map(Dnssec::word).toList());
        assertEquals(List.of("unknown", "none", "error", "warning", "info", "debug"),
                Arrays.stream(LogLevel.values()).map(LogLevel::word).toList());
        assertTrue(Mxcheck.version().matches("1\\.\\d+\\.\\d+"));
        assertEquals(1, Mxcheck.versionNumber() >> 16);
    }

    @Test
    void aResultTellsAll() {
        Result result;
        try (Context ctx = new Context(config().set("depth", "targets").set("forbidden-networks", "none"))) {
            result = ctx.checkRcpt(GOOD);
            assertEquals(List.of(Verdict.ACCEPT, Reason.MX, Role.RCPT), List.of(result.verdict(), result.reason(), result.role()));
            assertArrayEquals(GOOD.getBytes(StandardCharsets.UTF_8), result.address());
            assertEquals("ok-mx.mx.example", result.domain());
            assertEquals(250, result.smtpCode());
            assertEquals("2.1.5", result.enhancedCode());
            assertFalse(result.mx().get(0).addresses().isEmpty());
            assertFalse(result.ttl().isZero());
            assertFalse(result.elapsed().isZero());
            assertEquals(List.of(), result.notes());
            assertTrue(result.json("ID").contains("\"reply\":\"250 2.1.5 ID recipient ok\""), result.json("ID"));
            assertTrue(result.explain("ID").contains("Reply: 250 2.1.5 ID recipient ok"));
            assertFalse(result.isCached() || result.isStale());
            assertSame(Dnssec.UNKNOWN, result.dnssec());
            assertTrue(ctx.checkRcpt(GOOD).isCached());
            assertEquals(1, ctx.stats().get("hits"));
        }
        assertEquals("250 2.1.5 recipient ok", result.reply(null)); // outlives its context
        assertFalse(result.hint().isEmpty());
    }

    @Test
    void aTextOfAnyLengthIsWhole() {
        try (Context ctx = new Context(config())) {
            String json = ctx.checkRcpt("u".repeat(5000) + "@good.example").json(null);
            assertTrue(json.startsWith("{") && json.endsWith("}") && json.length() > 5000, json);
        }
    }

    @Test
    void aNulOrAnyOctetIsNoEnd() {
        try (Context ctx = new Context(config())) {
            for (String address : List.of(GOOD + "\0.evil", "\u00ff\0@" + GOOD, "\0")) {
                byte[] octets = address.getBytes(StandardCharsets.ISO_8859_1);
                Result result = ctx.check(Query.rcpt(octets));
                assertSame(Reason.BAD_ADDRESS, result.reason());
                assertArrayEquals(octets, result.address());
                assertSame(Reason.BAD_ADDRESS, ctx.checkRcpt(address).reason());
            }
            assertSame(Reason.BAD_ADDRESS, ctx.checkRcpt("u\ud800@ok-mx.mx.example").reason());
        }
    }

    @Test
    void domainsSendersAndLists() {
        try (Context ctx = new Context(config())) {
            assertSame(Reason.NO_SUCH_DOMAIN, ctx.checkDomain("nxdomain.mx.example").reason());
            assertSame(Reason.NULL_SENDER, ctx.checkSender("").reason());
            assertEquals(List.of(Verdict.ACCEPT, Verdict.REJECT), verdicts(ctx.checkRcpts(List.of(GOOD, ABSENT))));
            assertEquals(List.of(), ctx.checkRcpts(List.of()));
            assertTrue(ctx.checkCached(Query.rcpt("u@null-mx.mx.example")).isEmpty());
            assertTrue(ctx.checkCached(Query.rcpt(GOOD)).isPresent());
        }
    }

    @Test
    void errorsAreNoVerdicts() {
        MxcheckException wrong = assertThrows(MxcheckException.class, () -> new Config().set("timeout", "soon"));
        assertTrue(wrong.getMessage().contains("timeout"), wrong.getMessage());
        assertEquals("option", wrong.status());
        Config contradiction = config().set("resolution", "recursive");
        assertTrue(assertThrows(MxcheckException.class, () -> new Context(contradiction)).getMessage().contains("contradicts"));
        assertTrue(assertThrows(MxcheckException.class, () -> new AsyncContext(contradiction)).getMessage().contains("contradicts"));
        assertThrows(NoSuchElementException.class, () -> new Config().get("nothing"));
        assertThrows(IllegalArgumentException.class, () -> new Config().set("timeout", "3s\0"));
        assertThrows(IllegalArgumentException.class, () -> new Cache(-1));
        Context ctx = new Context(config());
        ctx.close();
        ctx.close();
        assertThrows(IllegalStateException.class, () -> ctx.checkRcpt(GOOD));
        AsyncContext asynchronous = new AsyncContext(config());
        asynchronous.close();
        asynchronous.close();
        assertThrows(IllegalStateException.class, () -> asynchronous.checkRcpt(GOOD));
    }

    private static List<CompletableFuture<String>> blockedThreads(Context ctx) {
        return IntStream.range(0, 4).mapToObj(number -> {
            CompletableFuture<String> status = new CompletableFuture<>();
            new Thread(() -> {
                try {
                    status.complete(ctx.checkRcpt(SILENT).reasonName());
                } catch (MxcheckException error) {
                    status.complete(error.status());
                } catch (IllegalStateException error) {
                    status.complete("closed");
                }
            }).start();
            return status;
        }).toList();
    }

    @Test
    void threadsWaitSideBySideAndAreStopped() throws InterruptedException {
        try (Context ctx = new Context(patient())) {
            List<CompletableFuture<String>> statuses = blockedThreads(ctx);
            assertSame(Verdict.ACCEPT, ctx.checkRcpt(GOOD).verdict());
            await(() -> ctx.stats().get("queries") > 1);
            ctx.stop();
            statuses.forEach(status -> assertEquals("stopped", status.join()));
        }
    }

    @Test
    void closingWaitsForThreadsInACheck() throws InterruptedException {
        Context ctx = new Context(patient());
        List<CompletableFuture<String>> statuses = blockedThreads(ctx);
        await(() -> ctx.stats().get("queries") > 0);
        ctx.close();
        List<String> words = statuses.stream().map(CompletableFuture::join).toList();
        assertTrue(words.contains("stopped"), words.toString());
        assertTrue(Set.of("stopped", "closed").containsAll(words), words.toString());
    }

    @Test
    void aDeadlineOfItsOwn() {
        try (Context ctx = new Context(patient())) {
            assertSame(Reason.DNS_TIMEOUT, ctx.check(Query.rcpt(SILENT).within(MOMENT)).reason());
            assertSame(Reason.DNS_TIMEOUT, ctx.check(Query.rcpt(SILENT).within(Duration.ofSeconds(-1))).reason());
            assertSame(Reason.MX, ctx.check(Query.rcpt(GOOD).within(ChronoUnit.FOREVER.getDuration())).reason());
        }
    }

    @Test
    void configurationsCachesAndLogs(@TempDir Path folder) throws IOException {
        Queue<String> lines = new ConcurrentLinkedQueue<>();
        Cache cache = new Cache(1 << 20);
        Config config = config().setCache(cache).setLog(LogLevel.INFO, (level, line, check) -> lines.add(level + " " + check + " " + line));
        Config copy = config.copy();
        try (Context one = new Context(copy); Context other = new Context(config.set("null-mx", "accept"))) {
            one.checkRcpt("u@null-mx.mx.example");
            assertTrue(other.checkRcpt("u@null-mx.mx.example").isCached());
            cache.flush();
            assertFalse(one.checkRcpt("u@null-mx.mx.example").isCached());
            one.cache().orElseThrow().flush("null-mx.mx.example");
            assertTrue(one.checkCached(Query.rcpt("u@null-mx.mx.example")).isEmpty());
        }
        assertTrue(lines.stream().anyMatch(line -> line.contains("null-mx") && line.startsWith("INFO 0 ")), lines.toString());
        assertTrue(Mxcheck.options().stream().anyMatch(option -> option.name().equals("timeout")));
        try (Context none = new Context(config().set("cache-size", "0"))) {
            assertTrue(none.cache().isEmpty());
        }
        assertEquals("3s", config.load(Files.writeString(folder.resolve("conf"), "timeout = 3s\n")).get("timeout"));
        assertThrows(MxcheckException.class, () -> config.load(folder.resolve("none")));
    }

    @Test
    void aSharedCacheSaysWhyItCannotBeUsed(@TempDir Path folder) throws IOException {
        Path path = folder.resolve("cache");
        Cache.shared(path, 1 << 20).flush();
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));
        FileSystemException error = assertThrows(FileSystemException.class, () -> Cache.shared(path, 1 << 20));
        assertEquals("Operation not permitted", error.getReason());
    }

    @Test
    void manyAtOnce() throws InterruptedException {
        try (AsyncContext ctx = new AsyncContext(config())) {
            List<CompletableFuture<Result>> checks = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                checks.add(ctx.checkRcpt(GOOD));
                checks.add(ctx.checkRcpt(ABSENT));
            }
            List<Verdict> verdicts = verdicts(join(checks));
            for (int i = 0; i < verdicts.size(); i++) {
                assertSame(i % 2 == 0 ? Verdict.ACCEPT : Verdict.REJECT, verdicts.get(i));
            }
            assertSame(Reason.SPECIAL_USE, ctx.checkDomain("localhost").join().reason());
            assertSame(Reason.NULL_SENDER, ctx.checkSender("").join().reason());
            assertTrue(ctx.checkCached(Query.rcpt(GOOD)).isPresent());
            assertTrue(ctx.checkCached(Query.rcpt("u@null-mx.mx.example")).isEmpty());
            assertEquals(0, ctx.pending());
        }
    }

    @Test
    void anyThreadStartsChecksAndWhatDependsOnThemMayWait() {
        try (AsyncContext ctx = new AsyncContext(config())) {
            List<Verdict> verdicts = IntStream.range(0, 200).parallel()
                    .mapToObj(number -> ctx.checkRcpt(GOOD).thenApply(result -> ctx.checkRcpt(ABSENT).join()))
                    .map(CompletableFuture::join).map(Result::verdict).distinct().toList();
            assertEquals(List.of(Verdict.REJECT), verdicts);
        }
    }

    @Test
    void cancellingAFutureCancelsItsCheck() {
        try (AsyncContext ctx = new AsyncContext(patient())) {
            CompletableFuture<Result> check = ctx.checkRcpt(SILENT);
            assertEquals(1, ctx.pending());
            assertTrue(check.cancel(true));
            assertEquals(0, ctx.pending());
            assertThrows(CancellationException.class, check::join);
            CompletionException late = assertThrows(CompletionException.class,
                    ctx.checkRcpt(SILENT).orTimeout(MOMENT.toMillis(), TimeUnit.MILLISECONDS)::join);
            assertInstanceOf(TimeoutException.class, late.getCause());
            assertEquals(0, ctx.pending());
            assertSame(Reason.DNS_TIMEOUT, ctx.check(Query.rcpt(SILENT).within(MOMENT)).join().reason());
        }
    }

    @Test
    void cancellingFromManyThreadsMeetsResults() {
        try (AsyncContext ctx = new AsyncContext(config())) {
            IntStream.range(0, 2000).parallel().forEach(number -> {
                CompletableFuture<Result> check = ctx.checkRcpt(number % 3 == 0 ? SILENT : GOOD);
                assertTrue(check.cancel(false) || check.join().verdict() == Verdict.ACCEPT);
            });
            assertEquals(0, ctx.pending());
        }
    }

    @Test
    void closingCancelsWhoWaits() {
        AsyncContext ctx = new AsyncContext(patient());
        List<CompletableFuture<Result>> checks = IntStream.range(0, 3).mapToObj(number -> ctx.checkRcpt(SILENT)).toList();
        ctx.close();
        checks.forEach(check -> assertThrows(CancellationException.class, check::join));
    }

    @Test
    void closingFromWhatDependsOnACheckIsFine() {
        AsyncContext ctx = new AsyncContext(config());
        ctx.checkRcpt(GOOD).thenRun(ctx::close).join();
        assertThrows(IllegalStateException.class, ctx::pending);
    }

    @Test
    void aContextThatIsForgottenEndsAfterItsChecks() throws InterruptedException {
        long before = loops();
        CompletableFuture<Result> check = new AsyncContext(config()).check(Query.rcpt(SILENT).within(Duration.ofMillis(200)));
        System.gc();
        assertSame(Reason.DNS_TIMEOUT, check.join().reason());
        await(() -> {
            System.gc();
            return loops() == before;
        });
    }

    @Test
    void waitingCostsNothing() throws InterruptedException {
        try (AsyncContext ctx = new AsyncContext(patient())) {
            ctx.checkRcpt(GOOD).join();
            Thread loop = Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().equals("mxcheck"))
                    .findFirst().orElseThrow();
            ThreadMXBean times = ManagementFactory.getThreadMXBean();
            long before = times.getThreadCpuTime(loop.getId());
            Thread.sleep(300);
            assertTrue(times.getThreadCpuTime(loop.getId()) - before < 5_000_000);
        }
    }

    @Test
    void aCollectorThatRunsAllTheTimeFreesNothingInUse() throws InterruptedException {
        Thread collector = new Thread(() -> {
            while (!Thread.interrupted()) {
                System.gc();
            }
        });
        collector.start();
        try (AsyncContext ctx = new AsyncContext(config().setLog(LogLevel.DEBUG, (level, line, check) -> line.length()));
             Context blocking = new Context(config().setLog(LogLevel.DEBUG, (level, line, check) -> line.length()))) {
            for (int i = 0; i < 20; i++) {
                List<Result> results = join(List.of(ctx.checkRcpt(GOOD), ctx.checkRcpt(ABSENT)));
                assertEquals(List.of("ok-mx.mx.example", "nxdomain.mx.example"), results.stream().map(Result::domain).toList());
                assertEquals("ok-mx.mx.example", blocking.checkRcpts(List.of(GOOD, ABSENT)).get(0).domain());
                assertSame(Verdict.ACCEPT, new Context(config()).checkRcpt(GOOD).verdict());
            }
        } finally {
            collector.interrupt();
            collector.join();
        }
    }

    @Test
    void resultsThatNobodyHoldsAreFreed() throws InterruptedException {
        CountedMemory memory = new CountedMemory();
        PointerByReference config = new PointerByReference();
        PointerByReference ctx = new PointerByReference();
        PointerByReference result = new PointerByReference();
        assertEquals(0, LibMxcheck.mxcheck_config_new(config));
        assertEquals(0, LibMxcheck.mxcheck_config_set_memory(config.getValue(), memory.allocate, memory.resize, memory.free, null));
        assertEquals(0, LibMxcheck.mxcheck_ctx_new(config.getValue(), ctx));
        assertEquals(0, LibMxcheck.mxcheck_check_rcpt(ctx.getValue(), Text.argument("u@localhost"), result));
        LibMxcheck.mxcheck_ctx_free(ctx.getValue());
        LibMxcheck.mxcheck_config_free(config.getValue());
        WeakReference<Result> found = new WeakReference<>(new Result(result.getValue()));
        assertFalse(memory.blocks.isEmpty());
        await(() -> {
            System.gc();
            return found.get() == null && memory.blocks.isEmpty();
        });
    }

    /** The memory functions of a context, which count. */
    private static final class CountedMemory {
        final Map<Pointer, Memory> blocks = new ConcurrentHashMap<>();
        final LibMxcheck.AllocateCallback allocate = (size, none) -> allocate(size.longValue());
        final LibMxcheck.ResizeCallback resize = (old, size, none) -> resize(old, size.longValue());
        final LibMxcheck.FreeCallback free = (pointer, none) -> forget(pointer);

        private Pointer allocate(long size) {
            Memory memory = new Memory(Math.max(1, size));
            Pointer pointer = memory.share(0);
            blocks.put(new Pointer(Pointer.nativeValue(pointer)), memory);
            return pointer;
        }

        private Pointer resize(Pointer old, long size) {
            Pointer grown = allocate(size);
            if (old != null) {
                int kept = (int) Math.min(size, blocks.get(old).size());
                grown.write(0, old.getByteArray(0, kept), 0, kept);
                forget(old);
            }
            return grown;
        }

        private void forget(Pointer pointer) {
            if (pointer != null) {
                blocks.remove(pointer).close();
            }
        }
    }
}
