package dev.holdfast.hardware.collect;

import dev.holdfast.hardware.parse.Ssacli;
import dev.holdfast.hardware.parse.Storcli;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.Reading;
import dev.holdfast.hardware.part.Source;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** RAID controllers, by the tools of their makers. */
final class RaidControllers {
    private static final String HPE = "0x103c|0x1590";

    private final Tools tools;
    private final Sysfs sysfs;

    RaidControllers(Tools tools, Sysfs sysfs) {
        this.tools = tools;
        this.sysfs = sysfs;
    }

    boolean hasStorcli() {
        return !storclis().isEmpty();
    }

    /** Either tool may see the controllers of the other's maker, too: the one that tells more is taken. */
    Storcli.Found storcli() {
        List<Storcli.Found> found = storclis().stream().map(this::storcli).toList();
        return Stream.of(
                        found.stream()
                                .filter(each -> each.complete() && !each.parts().isEmpty()),
                        found.stream().filter(each -> !each.complete()),
                        found.stream())
                .flatMap(each -> each)
                .findFirst()
                .orElseGet(() -> silent("storcli64 or perccli64 is not installed; install it from the server's maker"));
    }

    /** Most servers need neither: nothing is unknown without it. */
    private static Storcli.Found silent(String why) {
        Storcli.Found none = Storcli.unread(why);
        return new Storcli.Found(
                none.readings().stream()
                        .map(each -> Reading.unread(each.source().name(), why, List.of()))
                        .toList(),
                none.disks());
    }

    private List<Path> storclis() {
        return Stream.of(tools.find("storcli64", "storcli"), tools.find("perccli64", "perccli"))
                .flatMap(Optional::stream)
                .toList();
    }

    private Storcli.Found storcli(Path tool) {
        return switch (tools.run(tool, "/call", "show", "all", "J")) {
            case Tools.Result.Failed failed -> Storcli.unread(failed.why());
            case Tools.Result.Output output ->
                Storcli.parse(new Storcli.Outputs(
                        output.bytes(),
                        more(tool, "/call/vall"),
                        more(tool, "/call/eall/sall"),
                        more(tool, "/call/bbu"),
                        more(tool, "/call/cv")));
        };
    }

    private byte[] more(Path tool, String what) {
        return switch (tools.run(tool, what, "show", "all", "J")) {
            case Tools.Result.Failed _ -> new byte[0];
            case Tools.Result.Output output -> output.bytes();
        };
    }

    Reading ssacli() {
        Optional<Path> tool = tools.find("ssacli", "hpssacli");
        if (tool.isEmpty()) {
            return Reading.unread(Source.SSACLI, "ssacli is not installed; install it from HPE", List.of());
        }
        return switch (tools.run(tool.get(), "ctrl", "all", "show", "config", "detail")) {
            case Tools.Result.Failed failed ->
                Reading.unread(Source.SSACLI, failed.why(), Part.unknownRaid(failed.why()));
            case Tools.Result.Output output -> {
                Reading read = Ssacli.parse(output.bytes());
                // That there is no controller is an error to it.
                yield read.parts().isEmpty() ? read : read.endedWith(output.code());
            }
        };
    }

    /** All of them, and a controller that the kernel sees and no tool told of. */
    List<Reading> withUnseen(List<Reading> storcli, Reading ssacli) {
        List<Reading> all = new ArrayList<>(storcli);
        all.add(ssacli);
        List<String> vendors = sysfs.raidControllers();
        boolean seen = all.stream()
                .flatMap(each -> each.parts().stream())
                .anyMatch(part -> part.kind() == PartKind.RAID_CONTROLLER);
        if (vendors.isEmpty() || seen) {
            return all;
        }
        boolean hpe = vendors.stream().anyMatch(vendor -> vendor.matches(".*(" + HPE + ").*"));
        String why = "there is a RAID controller, but " + (hpe ? "ssacli" : "storcli64 or perccli64")
                + " is not installed or does not see it; install it from the server's maker";
        String source = hpe ? Source.SSACLI : Source.STORCLI;
        return all.stream()
                .map(each ->
                        each.source().name().equals(source) ? Reading.unread(source, why, Part.unknownRaid(why)) : each)
                .toList();
    }
}
