package dev.holdfast.hardware.parse;

import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Arrays and failed members of software RAID from {@code /proc/mdstat}. */
public final class MdStat {
    private static final Pattern HEAD = Pattern.compile("(md[\\w./-]{0,60}) : (active|inactive|broken)\\b(.*)");
    private static final Pattern MEMBERS = Pattern.compile("\\[(\\d{1,6})/(\\d{1,6})\\] \\[([U_]+)\\]");
    private static final Pattern FAULTY = Pattern.compile("(\\w{1,40})\\[\\d{1,6}\\]\\(F\\)");
    private static final Pattern WORK =
            Pattern.compile("(recovery|resync|reshape)\\s*=\\s*([0-9.]{1,10}%|PENDING|DELAYED)");

    private MdStat() {}

    /** Lines of one array. */
    private static final class Array {
        private final String name;
        private final String head;
        private final StringBuilder rest = new StringBuilder();

        Array(String name, String head) {
            this.name = name;
            this.head = head;
        }

        Part part() {
            Matcher members = MEMBERS.matcher(rest);
            Matcher work = WORK.matcher(rest);
            String level = head.replaceAll("\\s+\\w+\\[.*", "").strip();
            String doing = work.find() ? ", " + work.group(1) + " " + work.group(2) : "";
            if (!head.startsWith("active")) {
                return part(PartState.FAILED, level + ": the array does not run");
            }
            if (members.find()) {
                String count = members.group(2) + " of " + members.group(1) + " members";
                return members.group(3).contains("_")
                        ? part(PartState.FAILED, level + ", degraded: " + count + doing)
                        : part(doing.isEmpty() ? PartState.OK : PartState.WARNING, level + ", " + count + doing);
            }
            // Levels without redundancy show no members.
            return level.matches(".*\\b(raid0|linear)\\b.*")
                    ? part(head.contains("(F)") ? PartState.FAILED : PartState.OK, level + ", without redundancy")
                    : part(PartState.UNKNOWN, level + ": the kernel shows no members");
        }

        private Part part(PartState state, String detail) {
            return new Part(PartKind.ARRAY, name, state, detail);
        }
    }

    /** Empty where there is no software RAID. */
    public static List<Part> parse(byte[] mdstat) {
        List<Array> arrays = new ArrayList<>();
        List<Part> parts = new ArrayList<>();
        boolean[] known = {false};
        Lines.of(mdstat).forEach(line -> {
            known[0] |= line.startsWith("Personalities");
            Matcher head = HEAD.matcher(line);
            if (head.matches()) {
                arrays.add(new Array(head.group(1), head.group(2) + head.group(3)));
                Matcher faulty = FAULTY.matcher(line);
                while (faulty.find()) {
                    parts.add(new Part(
                            PartKind.DISK, faulty.group(1), PartState.FAILED, "failed in array " + head.group(1)));
                }
            } else if (!arrays.isEmpty() && line.startsWith(" ")) {
                arrays.getLast().rest.append(line).append('\n');
            }
        });
        if (!known[0]) {
            return List.of(Part.unknown(PartKind.ARRAY, "/proc/mdstat is not in the known form"));
        }
        arrays.forEach(array -> parts.add(array.part()));
        return parts;
    }
}
