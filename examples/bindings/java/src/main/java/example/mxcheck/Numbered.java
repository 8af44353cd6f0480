// SPDX-License-Identifier: BSD-2-Clause
// Enumerations whose constants have the numbers of the header.
package example.mxcheck;

import java.util.Arrays;
import java.util.Optional;

interface Numbered {
    int number();

    static <E extends Numbered> Optional<E> find(E[] all, int number) {
        return Arrays.stream(all).filter(one -> one.number() == number).findFirst();
    }
}
