package dev.holdfast.control.usecase;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.DrillTable;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * What a node's drills prove: the last that restored a sample, and the last that booted the machine, if there was one.
 *
 * @param at ms since 1970, of the last of them
 * @param passed whether each of them passed
 * @param rtoSeconds of the restored sample, else of the boot; -1 where one of them failed
 */
record DrillStanding(long at, boolean passed, long rtoSeconds) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** By names of nodes; nodes without a drill are left out. */
    static Map<String, DrillStanding> all(ControlDb control) throws IOException {
        Map<String, DrillStanding> all = new HashMap<>();
        for (DrillTable.Drill each : control.drills().newest()) {
            all.put(each.node(), of(each));
        }
        for (DrillTable.Drill each : control.drills().newestBoots()) {
            all.merge(each.node(), of(each), DrillStanding::with);
        }
        return all;
    }

    private static DrillStanding of(DrillTable.Drill drill) throws IOException {
        JsonNode report = JSON.readTree(drill.report());
        boolean passed = report.path("passed").asBoolean();
        return new DrillStanding(
                drill.at(),
                passed,
                passed ? Math.round(report.path("rtoSeconds").asDouble()) : -1);
    }

    private DrillStanding with(DrillStanding boot) {
        boolean both = passed && boot.passed;
        return new DrillStanding(Math.max(at, boot.at), both, both ? rtoSeconds : -1);
    }
}
