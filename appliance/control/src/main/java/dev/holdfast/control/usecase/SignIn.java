package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Access;
import dev.holdfast.control.access.Oidc;
import dev.holdfast.control.db.ControlDb;

/**
 * What only a running appliance has: people and programs that sign in over the network.
 *
 * @param records of calls
 */
public record SignIn(Access access, Oidc oidc, SessionUseCases sessions, CallRecords records) {
    public static SignIn of(ControlDb control, Access access, Oidc oidc) {
        return new SignIn(access, oidc, new SessionUseCases(control, access), new CallRecords(control));
    }
}
