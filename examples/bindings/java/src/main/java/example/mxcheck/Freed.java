// SPDX-License-Identifier: BSD-2-Clause
// Frees what belongs to the library when the collector has found its owner unreachable.
package example.mxcheck;

import com.sun.jna.Pointer;
import java.lang.ref.Cleaner;
import java.util.function.Consumer;

final class Freed {
    static final Cleaner CLEANER = Cleaner.create();

    private Freed() {
    }

    static void with(Object owner, Pointer pointer, Consumer<Pointer> free) {
        CLEANER.register(owner, () -> free.accept(pointer));
    }
}
