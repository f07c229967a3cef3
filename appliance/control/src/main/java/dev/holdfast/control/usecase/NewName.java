package dev.holdfast.control.usecase;

import java.util.regex.Pattern;

/** The form of names that administrators give. */
final class NewName {
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

    private NewName() {}

    /** @param what is named, such as {@code plan} */
    static void require(String what, String name) throws UseCaseException {
        if (!FORM.matcher(name).matches()) {
            throw UseCaseException.invalid("invalid " + what + " name '" + name
                    + "': use 1 to 63 letters, digits, dots, hyphens and underscores, the first a letter or digit");
        }
    }
}
