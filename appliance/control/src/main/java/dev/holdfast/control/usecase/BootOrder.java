package dev.holdfast.control.usecase;

import dev.holdfast.control.boot.BootLimits;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.protocol.phrase.Phrase;
import java.util.Arrays;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Checks what is wanted of a drill that boots. */
final class BootOrder {
    static final int MOST_TEXT = 200;
    static final int MOST_SCRIPT = 16_384;
    private static final String LOGIN = "login:";
    private static final int MOST_PORT = 65_535;
    private static final int LEAST_SECONDS = 5;
    private static final int MOST_SECONDS = 7200;
    private static final int SECONDS = 600;
    private static final int LEAST_MIB = 64;
    private static final int MOST_MIB = 16_384;
    private static final int MIB = 1024;

    private BootOrder() {}

    static TaskSpec.Boot of(UUID snapshot, DrillUseCases.WantedBoot wanted) throws UseCaseException {
        String script = text(wanted.script());
        boolean agent = Boolean.TRUE.equals(wanted.agent()) || !script.isEmpty();
        int port = wanted.port() == null ? 0 : wanted.port();
        if (wanted.port() != null && (port < 1 || port > MOST_PORT)) {
            throw UseCaseException.invalid(Phrase.of("boot-drill.port"));
        }
        boolean nothing = text(wanted.text()).isEmpty() && !agent && port == 0;
        return new TaskSpec.Boot(
                snapshot,
                nothing ? LOGIN : text(wanted.text()),
                port,
                agent,
                script,
                within("seconds", wanted.seconds(), LEAST_SECONDS, MOST_SECONDS, SECONDS),
                within("memoryMib", wanted.memoryMib(), LEAST_MIB, MOST_MIB, MIB),
                choice("firmware", TaskSpec.Boot.Firmware.values(), wanted.firmware(), TaskSpec.Boot.Firmware.AUTO),
                choice("bus", TaskSpec.Boot.Bus.values(), wanted.bus(), TaskSpec.Boot.Bus.VIRTIO),
                Boolean.TRUE.equals(wanted.emulated()));
    }

    private static String text(@Nullable String text) {
        return text == null ? "" : text;
    }

    private static int within(String name, @Nullable Integer wanted, int least, int most, int otherwise)
            throws UseCaseException {
        if (wanted == null) {
            return otherwise;
        }
        if (wanted < least || wanted > most) {
            throw UseCaseException.invalid(Phrase.of("boot-drill.range")
                    .with("name", name)
                    .with("least", (long) least)
                    .with("most", (long) most));
        }
        return wanted;
    }

    private static <E extends Enum<E>> E choice(String name, E[] choices, @Nullable String wanted, E otherwise)
            throws UseCaseException {
        if (wanted == null) {
            return otherwise;
        }
        return Arrays.stream(choices)
                .filter(each -> each.name().toLowerCase(Locale.ROOT).equals(wanted))
                .findFirst()
                .orElseThrow(() -> UseCaseException.invalid(Choices.refusal(
                        name,
                        wanted,
                        Arrays.stream(choices)
                                .map(each -> each.name().toLowerCase(Locale.ROOT))
                                .toList())));
    }

    static void requireDisks(TaskSpec.Boot spec, int disks) throws UseCaseException {
        if (disks == 0) {
            throw UseCaseException.invalid(Phrase.of("boot-drill.no-disks")
                    .with("snapshot", spec.snapshot().toString()));
        }
        int most = BootLimits.mostDisks(spec.bus());
        if (disks > most) {
            throw UseCaseException.invalid(Phrase.of("boot-drill.many-disks")
                    .with("disks", (long) disks)
                    .with("most", (long) most));
        }
    }
}
