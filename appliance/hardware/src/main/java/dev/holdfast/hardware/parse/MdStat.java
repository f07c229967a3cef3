package dev.holdfast.hardware.parse;

import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import dev.holdfast.hardware.part.Reading;
import dev.holdfast.hardware.part.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Arrays of software RAID from {@code /proc/mdstat}. */
public final class MdStat {
    private static final Pattern HEAD = Pattern.compile("(md[\\w./-]{0,60}) : (active|inactive|broken)\\b(.*)");
    private static final Pattern MEMBERS = Pattern.compile("\\[(\\d{1,6})/(\\d{1,6})\\] \\[([U_]+)\\]");
    private static final Pattern FAULTY = Pattern.compile("(\\w{1,40})\\[\\d{1,6}\\](?:\\([A-Z]\\))*\\(F\\)");
    private static final Pattern DISK = Pattern.compile("(nvme\\d{1,4})n.*|([a-z]{1,20})\\d*");
    /** The metadata of an array of the firmware. It never runs; the arrays in it do. */
    private static final Pattern CONTAINER = Pattern.compile("super external:[a-z]");

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
            String faulty = faulty();
            String more = (work.find() ? ", " + work.group(1) + " " + work.group(2) : "")
                    + (faulty.isEmpty() ? "" : ", failed: " + faulty);
            if (!head.startsWith("active")) {
                return part(PartState.FAILED, level + ": the array does not run");
            }
            if (members.find()) {
                String count = members.group(2) + " of " + members.group(1) + " members";
                return members.group(3).contains("_")
                        ? part(PartState.FAILED, level + ", degraded: " + count + more)
                        : part(more.isEmpty() ? PartState.OK : PartState.WARNING, level + ", " + count + more);
            }
            // Levels without redundancy show no members.
            return level.matches(".*\\b(raid0|linear)\\b.*")
                    ? part(faulty.isEmpty() ? PartState.OK : PartState.FAILED, level + ", without redundancy" + more)
                    : part(PartState.UNKNOWN, level + ": the kernel shows no members");
        }

        boolean isContainer() {
            return head.startsWith("inactive") && CONTAINER.matcher(rest).find();
        }

        private String faulty() {
            List<String> found = new ArrayList<>();
            Matcher faulty = FAULTY.matcher(head);
            while (faulty.find()) {
                found.add(faulty.group(1));
            }
            return String.join(", ", found);
        }

        private Part part(PartState state, String detail) {
            return new Part(PartKind.ARRAY, name, state, detail);
        }
    }

    /** Arrays by the disks that failed in them, as smartctl names disks. */
    public static Map<String, String> failedDisks(byte[] mdstat) {
        Map<String, String> found = new TreeMap<>();
        Lines.of(mdstat).map(HEAD::matcher).filter(Matcher::matches).forEach(head -> {
            Matcher faulty = FAULTY.matcher(head.group(3));
            while (faulty.find()) {
                Matcher disk = DISK.matcher(faulty.group(1));
                if (disk.matches()) {
                    found.put(disk.group(1) == null ? disk.group(2) : disk.group(1), head.group(1));
                }
            }
        });
        return found;
    }

    /** @param mdstat empty where there is no software RAID */
    public static Reading parse(byte[] mdstat) {
        List<Array> arrays = new ArrayList<>();
        boolean[] known = {mdstat.length == 0, mdstat.length == 0};
        Lines.of(mdstat).forEach(line -> {
            known[0] |= line.startsWith("Personalities");
            known[1] |= line.startsWith("unused devices");
            Matcher head = HEAD.matcher(line);
            if (head.matches()) {
                arrays.add(new Array(head.group(1), head.group(2) + head.group(3)));
            } else if (!arrays.isEmpty() && line.startsWith(" ")) {
                arrays.getLast().rest.append(line).append('\n');
            }
        });
        if (!known[0]) {
            String why = "/proc/mdstat is not in the known form";
            return Reading.unread(Source.SOFTWARE_RAID, why, List.of(Part.unknown(PartKind.ARRAY, why)));
        }
        List<Part> parts = arrays.stream()
                .filter(array -> !array.isContainer())
                .map(Array::part)
                .toList();
        return known[1]
                ? Reading.complete(Source.SOFTWARE_RAID, parts)
                : Reading.unread(Source.SOFTWARE_RAID, "/proc/mdstat has no end", parts);
    }
}
