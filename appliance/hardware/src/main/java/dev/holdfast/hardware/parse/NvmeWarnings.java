package dev.holdfast.hardware.parse;

import java.util.ArrayList;
import java.util.List;

/** The bits of {@code critical_warning} in the health log of an NVMe disk. */
final class NvmeWarnings {
    private static final List<String> BITS = List.of(
            "few spare blocks are left",
            "its temperature is out of range",
            "it is unreliable after errors",
            "it is read-only",
            "its power-failure protection failed",
            "its persistent memory is unreliable");

    private NvmeWarnings() {}

    static String words(int bits) {
        List<String> words = new ArrayList<>();
        for (int i = 0; i < BITS.size(); i++) {
            if ((bits >> i & 1) != 0) {
                words.add(BITS.get(i));
            }
        }
        return words.isEmpty() ? "bits " + Integer.toHexString(bits) : String.join(", ", words);
    }
}
