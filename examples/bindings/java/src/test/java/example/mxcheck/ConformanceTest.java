// SPDX-License-Identifier: BSD-2-Clause
// Every case of the conformance kit comes to what the kit says.
package example.mxcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConformanceTest {
    private static final Path KIT = Path.of(System.getenv("MXCHECK_CONFORMANCE"));

    private static Context context(String option) {
        Config config = new Config().load(KIT.resolve("kit.conf")).set("test-zone", KIT.resolve("kit.zone").toString());
        String[] setting = option.split("=", 2);
        return new Context(setting.length == 2 ? config.set(setting[0], setting[1]) : config);
    }

    private static byte[] octets(JsonObject expected) {
        return expected.has("address") ? expected.get("address").getAsString().getBytes(StandardCharsets.UTF_8)
                : HexFormat.of().parseHex(expected.get("address_hex").getAsString());
    }

    private static List<Object> told(Result result) {
        return List.of(result.verdict().toString().toLowerCase(), result.reasonName(), result.smtpCode(), result.enhancedCode(),
                result.reply("ID"));
    }

    @Test
    void everyCaseComesToWhatTheKitSays() throws IOException {
        Map<String, Context> contexts = new HashMap<>();
        List<String> lines = Files.readAllLines(KIT.resolve("cases.jsonl"));
        for (String line : lines.subList(1, lines.size())) {
            JsonObject expected = JsonParser.parseString(line).getAsJsonObject();
            Context context = contexts.computeIfAbsent(expected.get("options").getAsString(), ConformanceTest::context);
            byte[] octets = octets(expected);
            Result result = context.check(expected.get("role").getAsString().equals("sender") ? Query.sender(octets) : Query.rcpt(octets));
            assertEquals(List.of(expected.get("verdict").getAsString(), expected.get("reason").getAsString(),
                    expected.get("smtp_code").getAsInt(), expected.get("enhanced_code").getAsString(), expected.get("reply").getAsString()),
                    told(result), line);
        }
        assertTrue(lines.size() > 400);
        contexts.values().forEach(Context::close);
    }
}
