package dev.holdfast.agent.cli;

import dev.holdfast.agent.vm.VirtualMachines;
import dev.holdfast.agent.vm.VirtualMachines.Found;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "vm",
        mixinStandardHelpOptions = true,
        description = "Lists the virtual machines of this host, and makes nodes of them.",
        subcommands = {VmCommand.ListCommand.class, VmEnrollCommand.class, CommandLine.HelpCommand.class})
final class VmCommand {
    @ParentCommand
    @Nullable
    Main main;

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = {
                "Lists the virtual machines of this host, and how to back up each: those of libvirt, and other processes of"
                        + " QEMU. Where one cannot be backed up as it is, tells why, and what to do.",
                "",
                "libvirt is asked by virsh: that of the system for root, that of the user for others, or the one that"
                        + " LIBVIRT_DEFAULT_URI names."
            })
    static final class ListCommand implements Callable<Integer> {
        @Option(names = "--json", description = "Print as JSON.")
        private boolean json;

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            CommandLine line = Objects.requireNonNull(spec).commandLine();
            List<String> warnings = new ArrayList<>();
            List<Found> machines = VirtualMachines.find(warnings::add);
            if (json) {
                Map<String, Object> map = new LinkedHashMap<>();
                map.put("machines", machines.stream().map(ListCommand::map).toList());
                map.put("warnings", warnings);
                Output.json(line.getOut(), map);
            } else {
                print(machines, line.getOut());
                warnings.forEach(each -> line.getErr().println("holdfast: warning: " + each));
            }
            return warnings.isEmpty() ? ExitCode.OK : ExitCode.WARNINGS;
        }

        private static Map<String, Object> map(Found machine) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("name", machine.name());
            map.put("uuid", machine.uuid());
            map.put("manager", machine.manager().toString());
            map.put("running", machine.running());
            map.put("source", machine.source().orElse(null));
            map.put("guestAgent", machine.agent().map(Path::toString).orElse(null));
            map.put("problem", machine.problem().isEmpty() ? null : machine.problem());
            map.put("next", machine.next().isEmpty() ? null : machine.next());
            return map;
        }

        private static void print(List<Found> machines, PrintWriter out) {
            if (machines.isEmpty()) {
                out.println("No virtual machines were found on this host.");
            }
            for (Found each : machines) {
                String name = each.name().isEmpty() ? "(without a name)" : each.name();
                out.println(name + " (" + each.manager() + ", " + (each.running() ? "running" : "not running") + ")");
                out.println("  "
                        + each.source()
                                .map(source -> "holdfast backup --vm " + quoted(source) + agent(each))
                                .orElse("it " + each.problem() + "; " + each.next()));
            }
        }

        private static String agent(Found machine) {
            return machine.agent()
                    .map(each -> " --guest-agent " + quoted(each.toString()))
                    .orElse("");
        }

        /** For a shell. */
        private static String quoted(String word) {
            return word.matches("[\\w@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
        }
    }
}
