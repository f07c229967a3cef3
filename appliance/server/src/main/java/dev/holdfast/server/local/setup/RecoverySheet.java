package dev.holdfast.server.local.setup;

import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.server.local.ApplianceSetup;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** The sheet with the recovery key, to be printed; and the question whether somebody has it. Never stored by the appliance. */
public final class RecoverySheet {
    private static final int ASKED = 2;
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT);

    private final ApplianceSetup.Made made;
    private final String host;
    private final List<String> groups;

    RecoverySheet(ApplianceSetup.Made made, String host) {
        this.made = made;
        this.host = host;
        // The first word says what kind of text it is.
        this.groups = Arrays.stream(made.recoveryKey().split("-", -1)).skip(1).toList();
    }

    /** As it is printed: plain ASCII lines of at most 76 characters. */
    public String text() {
        StringBuilder text = new StringBuilder();
        text.append("HOLDFAST RECOVERY SHEET\n\n")
                .append("Appliance    ")
                .append(host)
                .append("\nMade         ")
                .append(DATE.format(Instant.now().atZone(ZoneId.systemDefault())))
                .append("\nProfile      ")
                .append(made.profile())
                .append("\nAuthority    ")
                .append(made.caFingerprint(), 0, made.caFingerprint().length() / 2)
                .append("\n             ")
                .append(
                        made.caFingerprint(),
                        made.caFingerprint().length() / 2,
                        made.caFingerprint().length())
                .append("\n\nRecovery key\n\n  ")
                .append(made.recoveryKey())
                .append("\n\nThe same in numbered groups, after HFRK:\n");
        for (int i = 0; i < groups.size(); i++) {
            text.append(i % 7 == 0 ? "\n" : "").append(String.format(Locale.ROOT, "  %2d %s", i + 1, groups.get(i)));
        }
        return text.append("\n\n")
                .append("With this key, and access to the vault, all backups can be restored, even if\n")
                .append("the appliance is lost or destroyed. Without it, a lost appliance means lost\n")
                .append("backups. Whoever has this sheet and the vault can read all backups.\n\n")
                .append("Keep it in a safe, away from the appliance. Keep with it the address of the\n")
                .append("vault and the credentials that open it.\n\n")
                .append("Recovery, on a new machine (a vault on OSS also takes --region REGION and\n")
                .append("--credentials-file FILE):\n\n  ")
                .append(TypedCommand.applianceElsewhere(
                        "recover", "--from", "VAULT", "--recovery-key-file", "KEY", "--data", "DIR"))
                .append("\n\nOnce there is a vault, the console prints this sheet with its address.\n")
                .toString();
    }

    /** The key as one line. */
    public String key() {
        return made.recoveryKey();
    }

    /** Numbers of the groups to be typed, the lowest first; other ones each time. */
    public List<Integer> asked(Random random) {
        // The last groups are a checksum of the others: they prove as much.
        return random.ints(0, groups.size())
                .distinct()
                .limit(ASKED)
                .sorted()
                .mapToObj(each -> each + 1)
                .toList();
    }

    /** Whether the groups were typed: case, dashes and spaces do not matter, as where the whole key is typed. */
    public boolean matches(List<Integer> asked, String typed) {
        String expected =
                String.join("", asked.stream().map(each -> groups.get(each - 1)).toList());
        String plain = typed.toUpperCase(Locale.ROOT)
                .replaceAll("[^0-9A-Z]", "")
                .replace('O', '0')
                .replace('I', '1')
                .replace('L', '1');
        return plain.equals(expected);
    }
}
