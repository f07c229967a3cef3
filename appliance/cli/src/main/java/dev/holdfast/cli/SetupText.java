package dev.holdfast.cli;

import dev.holdfast.control.usecase.SetupUseCases;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.server.local.setup.FirstSetup;
import dev.holdfast.server.local.setup.SetupAnswers;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What people read of a setup. */
record SetupText(PrintWriter out, Path data) {
    void plan(FirstSetup.Plan plan) {
        out.println("Data         " + plan.data());
        out.println("Profile      " + plan.profile() + ": " + plan.description());
        plan.reasons().forEach(each -> out.println("             " + each));
        plan.volumes().forEach(each -> out.println("Volume       " + each));
        out.println("Certificate  " + String.join(", ", plan.certificate()));
        out.println("Clients      " + plan.clients());
        out.println("Console      " + (plan.console() == null ? "not served ('run --api')" : plan.console()));
        plan.warnings().forEach(each -> out.println("WARNING      " + each));
    }

    void open(List<SetupUseCases.OpenPoint> points) {
        if (points.isEmpty()) {
            return;
        }
        out.println("Open items:");
        for (SetupUseCases.OpenPoint each : points) {
            out.println("  " + each.point() + ": " + each.why() + (each.dismissed() ? " (skipped)" : ""));
            out.println("    " + TypedCommand.appliance(data, each.command().split(" ")));
        }
    }

    /**
     * The last lines: how the appliance is started, and how the first client enrols.
     *
     * @param start empty where the appliance is started
     * @param plan to be bound, with its policy; null for none
     */
    void end(
            String start,
            String clients,
            @Nullable String console,
            String token,
            Instant expires,
            SetupAnswers.@Nullable FirstPlan plan) {
        out.println();
        out.println(start.isEmpty() ? "The service is started next." : "Start the appliance:");
        if (!start.isEmpty()) {
            out.println("  " + start);
        }
        if (console != null) {
            out.println("Console: " + console);
        }
        out.println();
        out.println("On the first machine, where the package holdfast-client is installed:");
        out.println("  " + TypedCommand.elsewhere("enroll", clients));
        out.println("It asks for this token, which is valid for one machine until " + Output.time(expires) + ":");
        out.println("  " + token);
        out.println("For each further machine: " + TypedCommand.appliance(data, "token", "create"));
        if (plan != null) {
            out.println();
            out.println("Then back up each machine by the plan:");
            out.println("  " + TypedCommand.appliance(data, "plan", "bind", plan.name(), "NODE"));
            if (plan.forgets()) {
                out.println("  " + TypedCommand.appliance(data, "policy", "bind", plan.name(), "NODE"));
            }
        }
    }
}
