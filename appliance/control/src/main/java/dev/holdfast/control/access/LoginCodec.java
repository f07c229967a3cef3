package dev.holdfast.control.access;

import dev.holdfast.control.db.UserTable;
import java.util.regex.Pattern;

/**
 * The text of a {@link Login} in the user table.
 *
 * <pre>
 * $argon2id$...        a password, as {@link Passwords} encodes it
 * oidc ISSUER SUBJECT  a user of an OpenID provider; the subject may contain spaces
 * </pre>
 */
final class LoginCodec {
    private static final String PROVIDER = "oidc ";
    /** Sixteen bytes of salt and 32 of hash. Costs are bounded, so that no stored text can exhaust the memory. */
    private static final Pattern PASSWORD =
            Pattern.compile("\\$argon2id\\$v=19\\$m=[1-9][0-9]{0,4},t=[1-9][0-9]?,p=[1-9]"
                    + "\\$[A-Za-z0-9+/]{22}\\$[A-Za-z0-9+/]{43}");

    private LoginCodec() {}

    /** Never fails: one damaged user must not hide the others. */
    static Login read(UserTable.Row user) {
        String text = user.login();
        if (PASSWORD.matcher(text).matches()) {
            return new Login.Password(text);
        }
        if (!text.startsWith(PROVIDER)) {
            return new Login.Unreadable();
        }
        int end = text.indexOf(' ', PROVIDER.length());
        if (end <= PROVIDER.length() || end == text.length() - 1) {
            return new Login.Unreadable();
        }
        return new Login.Provider(text.substring(PROVIDER.length(), end), text.substring(end + 1));
    }

    static String write(Login.Password login) {
        return login.hash();
    }

    static String write(Login.Provider login) {
        return PROVIDER + login.issuer() + " " + login.subject();
    }
}
