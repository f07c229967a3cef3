package dev.holdfast.hardware.parse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartState;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Damaged outputs: {@code -Dholdfast.hardware.seed=N} repeats a run. */
class ParserFuzzTest {
    private static final List<String> FILES = List.of(
            "ipmi-supply-failed.txt",
            "mdadm-rebuilding.txt",
            "mdstat-rebuilding.txt",
            "sel-faults.txt",
            "ssacli-battery-failed.txt",
            "smart-failing.json",
            "smart-nvme-critical.json",
            "smart-scan.json",
            "storcli-show-degraded.json",
            "storcli-volumes.json",
            "storcli-drives-prefail.json",
            "storcli-bbu-learning.json",
            "storcli-cv-failed.json");
    private static final int ROUNDS = 300;

    private static List<Part> parse(byte[] output) {
        List<Part> parts = new ArrayList<>(IpmiSensors.parse(output).parts());
        parts.addAll(IpmiEvents.parse(output, RecordedOutputsTest.NOW, parts).parts());
        parts.add(MdadmDetail.parse("md0", output));
        parts.addAll(MdStat.parse(output).parts());
        parts.addAll(Ssacli.parse(output).parts());
        Smartctl.scan(output).forEach(device -> parts.addAll(Smartctl.parse(device, output)));
        parts.addAll(Smartctl.parse(new Smartctl.Device("/dev/sda", "sat"), output));
        parts.addAll(Storcli.parse(new Storcli.Outputs(output, output, output, output, output))
                .parts());
        return parts;
    }

    @Test
    void noOutputMakesAParserThrow() throws Exception {
        long seed = Long.getLong("holdfast.hardware.seed", new Random().nextLong());
        Random random = new Random(seed);
        for (String file : FILES) {
            byte[] whole = RecordedOutputsTest.output(file);
            for (int round = 0; round < ROUNDS; round++) {
                byte[] damaged = damaged(whole, random);
                try {
                    for (Part each : parse(damaged)) {
                        assertThat(each.name().length()).isLessThanOrEqualTo(Part.NAME_CHARACTERS);
                        assertThat(each.detail().length()).isLessThanOrEqualTo(Part.DETAIL_CHARACTERS);
                    }
                } catch (RuntimeException | AssertionError e) {
                    throw new AssertionError(file + ", round " + round + ", seed " + seed, e);
                }
            }
        }
    }

    private static byte[] damaged(byte[] whole, Random random) {
        byte[] bytes =
                java.util.Arrays.copyOf(whole, random.nextInt(4) == 0 ? random.nextInt(whole.length) : whole.length);
        for (int i = random.nextInt(6); i > 0 && bytes.length > 0; i--) {
            bytes[random.nextInt(bytes.length)] =
                    (byte) "0123456789{}[]\":,|\n -x\u0000\u00ff".charAt(random.nextInt(23));
        }
        return bytes;
    }

    /** What is cut off or no output at all is never a healthy part. */
    @Test
    void noOutputIsNotHealth() throws Exception {
        for (String text :
                List.of("", "\0\0\0", "null", "[]", "{}", "0", "\"x\"", "Could not open device", "{\"Controllers\":")) {
            assertThat(parse(text.getBytes())).as(text).isNotEmpty().noneMatch(part -> part.state() == PartState.OK);
        }
        for (String file : List.of("smart-healthy.json", "storcli-show-healthy.json")) {
            byte[] whole = RecordedOutputsTest.output(file);
            for (int length = 0; length < whole.length - 2; length += 7) {
                byte[] cut = java.util.Arrays.copyOf(whole, length);
                assertThat(parse(cut)).as(file + " cut to " + length).noneMatch(part -> part.state() == PartState.OK);
            }
        }
    }
}
