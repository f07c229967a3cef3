package dev.holdfast.cli;

import dev.holdfast.control.vault.VaultRegistry;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Which of an appliance's vaults. */
final class VaultName {
    private static final Pattern FORM = Pattern.compile("[a-z][a-z0-9-]{0,30}");

    String name = VaultRegistry.FIRST;

    @Spec(Target.MIXEE)
    private @Nullable CommandSpec command;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "A further vault, which is a copy of the first elsewhere; default: the first.")
    void set(String wanted) {
        if (!FORM.matcher(wanted).matches()) {
            throw new ParameterException(
                    Objects.requireNonNull(command).commandLine(),
                    "'" + wanted
                            + "' is not a vault name: a lower-case letter, then up to 30 lower-case letters, digits and hyphens");
        }
        name = wanted;
    }

    boolean isFirst() {
        return name.equals(VaultRegistry.FIRST);
    }

    /** As one would give it again. */
    String option() {
        return isFirst() ? "" : " --name " + name;
    }
}
