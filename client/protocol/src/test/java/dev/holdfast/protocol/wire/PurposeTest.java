package dev.holdfast.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PurposeTest {
    private static final UUID ID = new UUID(1, 2);

    /** Texts that released clients send, and others that the appliance must take. */
    @ParameterizedTest
    @CsvSource(
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "restore,RESTORE",
                "restore ,RESTORE",
                "restore /home/ann,RESTORE",
                "restore /home/ann by orders,RESTORE",
                "restore / by order,ORDERED_RESTORE",
                "restore by order,ORDERED_RESTORE",
                "verify,VERIFY",
                "verify by order,ORDERED_VERIFY",
                "list,LIST",
                "list /home,LIST",
                "list by order,LIST",
                "cat /etc/fstab,CAT",
                "find,FIND",
                "diff,DIFF",
                "report,REPORT",
                "drill,DRILL",
                "change detection,CHANGE_DETECTION",
                "quickstart restore,QUICKSTART_RESTORE",
                "restored,OTHER",
                "restore/home,OTHER",
                " restore,OTHER",
                "Restore /,OTHER",
                " by order,OTHER",
                "steal,OTHER"
            })
    void textOfAnyClientIsUnderstoodAndKept(String text, Purpose purpose) {
        Message.OpenRead read = new Message.OpenRead(ID, text);
        assertThat(read.purpose()).isEqualTo(purpose);
        assertThat(read.text()).isEqualTo(text);
    }

    @ParameterizedTest
    @EnumSource
    void writtenPurposeIsReadAgain(Purpose purpose) {
        for (String detail : new String[] {"", "/home/ann", "/" + "x".repeat(5000)}) {
            Message.OpenRead read = Message.OpenRead.of(ID, purpose, detail);
            assertThat(new Message.OpenRead(ID, read.text())).isEqualTo(read);
            assertThat(read.text().length()).isLessThanOrEqualTo(303);
        }
    }

    @Test
    void textsAreThoseOfReleasedClients() {
        assertThat(Message.OpenRead.of(ID, Purpose.RESTORE, "/a").text()).isEqualTo("restore /a");
        assertThat(Message.OpenRead.of(ID, Purpose.ORDERED_RESTORE, "/a").text())
                .isEqualTo("restore /a by order");
        assertThat(Message.OpenRead.of(ID, Purpose.ORDERED_VERIFY, "").text()).isEqualTo("verify by order");
        assertThat(Message.OpenRead.of(ID, Purpose.OTHER, "test").text()).isEqualTo("test");
    }

    @Test
    void purposeThatItsTextContradictsIsRefused() {
        assertThatThrownBy(() -> new Message.OpenRead(ID, Purpose.LIST, "restore /"))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
