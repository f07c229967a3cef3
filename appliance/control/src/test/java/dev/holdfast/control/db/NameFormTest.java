package dev.holdfast.control.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class NameFormTest {
    @ParameterizedTest
    @EnumSource(
            value = NameForm.class,
            names = {"NODE", "CHANNEL", "PLAN", "POLICY", "USER"})
    void oneTo63CharactersAreAllowed(NameForm form) {
        for (String name : new String[] {"a", "7", "Nightly_2.old-x", "x".repeat(63)}) {
            assertThat(form.objection(name)).as(name).isEmpty();
        }
        for (String name :
                new String[] {"", "x".repeat(64), " a", "a b", "-a", ".a", "_a", "a/b", "a\n", "a:b", "a\u202eb"}) {
            assertThat(form.objection(name)).as(name).isPresent();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"办公室", "büro", "сервер-1", "e\u0301"})
    void onlyNodesAndChannelsHaveNamesOfAnyScript(String name) {
        assertThat(NameForm.NODE.objection(name)).isEmpty();
        assertThat(NameForm.PLAN.objection(name)).isPresent();
        assertThat(NameForm.USER.objection(name)).isPresent();
    }

    @Test
    void onlyUsersHaveAtSigns() {
        assertThat(NameForm.USER.objection("ann@example.com")).isEmpty();
        assertThat(NameForm.PLAN.objection("ann@example.com")).isPresent();
        assertThat(NameForm.NODE.objection("ann@example.com")).isPresent();
    }

    @Test
    void vaultsHaveShortLowerCaseNames() {
        for (String name : new String[] {"a", "dr-2", "x".repeat(31)}) {
            assertThat(NameForm.VAULT.objection(name)).as(name).isEmpty();
        }
        for (String name : new String[] {"", "x".repeat(32), "2dr", "-dr", "DR", "d.r", "d_r", "../dr", "dr\n"}) {
            assertThat(NameForm.VAULT.objection(name)).as(name).isPresent();
        }
    }

    @Test
    void refusalSaysWhatIsAllowedAndQuotesSafely() {
        assertThatThrownBy(() -> NameForm.POLICY.require(".p"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "invalid policy name '.p': use 1 to 63 ASCII letters, digits, dots, hyphens and underscores,"
                                + " the first a letter or digit");
        assertThat(NameForm.NODE
                        .objection("\u001b[31m" + "x".repeat(500))
                        .orElseThrow()
                        .english())
                .startsWith("invalid node name '\\x1b[31mxxx")
                .hasSizeLessThan(250);
    }
}
