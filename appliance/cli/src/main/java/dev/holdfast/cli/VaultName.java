package dev.holdfast.cli;

import picocli.CommandLine.Option;

/** Which of an appliance's vaults. */
final class VaultName {
    @Option(
            names = "--name",
            paramLabel = "NAME",
            defaultValue = "vault",
            description = "A further vault, which is a copy of the first elsewhere; default: the first.")
    String name = "";
}
