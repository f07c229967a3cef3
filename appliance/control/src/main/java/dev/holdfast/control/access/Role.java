package dev.holdfast.control.access;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** What kind of work a user does here. */
public enum Role {
    ADMINISTRATOR,
    BACKUP_OPERATOR,
    RESTORE_OPERATOR,
    VIEWER,
    AUDITOR;

    public Set<Permission> permissions() {
        return switch (this) {
            case ADMINISTRATOR -> EnumSet.allOf(Permission.class);
            case BACKUP_OPERATOR ->
                EnumSet.of(
                        Permission.VIEW,
                        Permission.BROWSE,
                        Permission.OPERATE,
                        Permission.PLAN,
                        Permission.ENROL,
                        Permission.NODES,
                        Permission.PROTECT);
            case RESTORE_OPERATOR -> EnumSet.of(Permission.VIEW, Permission.BROWSE, Permission.RESTORE);
            case VIEWER -> EnumSet.of(Permission.VIEW);
            case AUDITOR -> EnumSet.of(Permission.VIEW, Permission.AUDIT);
        };
    }

    /** As it is written: {@code backup-operator}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public static Role of(String text) {
        for (Role role : values()) {
            if (role.text().equals(text)) {
                return role;
            }
        }
        throw new PhrasedArgumentException(Phrase.of("user.no-role").with("role", text));
    }
}
