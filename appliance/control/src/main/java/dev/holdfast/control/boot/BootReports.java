package dev.holdfast.control.boot;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.control.db.BootTable;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.control.plan.Drills;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** Signs reports of drills that booted, and tells of those that failed. */
final class BootReports {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int VERSION = 1;

    private final ControlDb control;
    private final Authority authority;
    private final InstantSource clock;
    private final Screenshots screenshots;

    BootReports(ControlDb control, Authority authority, InstantSource clock, Screenshots screenshots) {
        this.control = control;
        this.authority = authority;
        this.clock = clock;
        this.screenshots = screenshots;
    }

    /** Returns what was measured, as JSON. */
    String add(BootTable.Waiting drill, String node, TaskSpec.Boot spec, BootResult result) throws IOException {
        Screenshot screenshot = result.screenshot();
        if (screenshot != null) {
            screenshots.keep(drill.task(), screenshot);
        }
        ObjectNode report = JSON.createObjectNode();
        report.put("version", VERSION);
        report.put("kind", "boot");
        report.put("node", node);
        report.put("task", drill.task());
        report.put("at", Moments.text(clock.instant()));
        ObjectNode measured = result.measured(spec, screenshot == null ? null : Screenshots.name(drill.task()));
        report.set("measured", measured);
        report.put("rtoSeconds", result.passed() ? Math.ceil(result.millis() / 1000.0) : 0);
        report.put("passed", result.passed());
        byte[] text = JSON.writeValueAsBytes(report);
        control.drills()
                .add(
                        drill.task(),
                        drill.node(),
                        clock.millis(),
                        new String(text, StandardCharsets.UTF_8),
                        authority.sign(text));
        tell(drill, result.failure());
        control.audit().append("appliance", "boot drill", node, result.passed() ? "passed" : "FAILED");
        return JSON.writeValueAsString(measured);
    }

    private void tell(BootTable.Waiting drill, @Nullable Phrase failure) throws IOException {
        control.events().close(Drills.FAILED, drill.node(), Drills.BOOT);
        if (failure != null) {
            control.events()
                    .raise(
                            Events.Severity.ALERT,
                            Drills.FAILED,
                            drill.node(),
                            Phrase.of("event.boot-drill-failed")
                                    .with("task", drill.task())
                                    .with("reason", failure));
        }
    }
}
