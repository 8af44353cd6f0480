// SPDX-License-Identifier: BSD-2-Clause
// Strings on their way to the library and back.
package example.mxcheck;

import com.sun.jna.Pointer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Pattern;

final class Text {
    private static final Pattern HALF_A_CHARACTER = Pattern.compile("\\p{Cs}");
    private static final Charset FILE_NAMES = Charset.forName(System.getProperty("native.encoding"));

    private Text() {
    }

    static String decode(Pointer text) {
        return text == null ? "" : text.getString(0, "UTF-8");
    }

    /** In UTF-8. Half a surrogate pair becomes a NUL, with which no address is good. */
    static byte[] encode(String text) {
        return HALF_A_CHARACTER.matcher(text).replaceAll("\0").getBytes(StandardCharsets.UTF_8);
    }

    /** With a NUL behind it. */
    static byte[] terminate(byte[] octets) {
        return Arrays.copyOf(octets, octets.length + 1);
    }

    /** A name or a value for a function that takes no length; null stays null. */
    static byte[] argument(String text) {
        return text == null ? null : withoutNul(encode(text));
    }

    static byte[] path(Path path) {
        return withoutNul(path.toString().getBytes(FILE_NAMES));
    }

    private static byte[] withoutNul(byte[] octets) {
        for (byte octet : octets) {
            if (octet == 0) {
                throw new IllegalArgumentException("a NUL in a name or a value");
            }
        }
        return terminate(octets);
    }
}
