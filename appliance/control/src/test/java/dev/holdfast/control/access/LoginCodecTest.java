package dev.holdfast.control.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.db.UserTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoginCodecTest {
    private static Login read(String text) {
        return LoginCodec.read(new UserTable.Row("ann", text, "viewer", "", null, 0, 0, 0, 0, false, true));
    }

    /** Texts that earlier releases wrote: they must be read, and be written again byte for byte. */
    @Test
    void storedTextsStayByteForByte() {
        String password = "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$"
                + "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        assertThat(read(password)).isEqualTo(new Login.Password(password));
        assertThat(LoginCodec.write(new Login.Password(password))).isEqualTo(password);

        Login.Provider provider = new Login.Provider("https://id.example.com/realms/office", "8f3a 11 Ann");
        String text = "oidc https://id.example.com/realms/office 8f3a 11 Ann";
        assertThat(read(text)).isEqualTo(provider);
        assertThat(LoginCodec.write(provider)).isEqualTo(text);
    }

    @Test
    void newHashesAreReadable() {
        Login.Password made = Passwords.hash("correct horse battery");
        assertThat(read(LoginCodec.write(made))).isEqualTo(made);
        assertThat(Passwords.matches("correct horse battery", made)).isTrue();
        assertThat(Passwords.matches("correct horse batterY", made)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "oidc",
                "oidc ",
                "oidc https://id.example.com",
                "oidc https://id.example.com ",
                "oidc  subject",
                "OIDC https://id.example.com 1",
                "$argon2id$",
                "$argon2id$v=19$m=19456,t=2$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
                "$argon2id$v=19$m=9999999,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
                "$argon2id$v=19$m=19456,t=0,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
                "$argon2id$v=19$m=19456,t=2,p=1$AAEC$AAEC",
                "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh\u00e4",
                "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"
            })
    void otherTextsAreUnreadable(String text) {
        assertThat(read(text)).isEqualTo(new Login.Unreadable());
    }

    @Test
    void providerWhoseTextCouldNotBeReadIsRefused() {
        assertThatThrownBy(() -> new Login.Provider("https://id.example.com/a b", "1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("issuer without spaces");
        assertThatThrownBy(() -> new Login.Provider("https://id.example.com", ""))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
