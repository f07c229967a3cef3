package dev.holdfast.control.access;

/**
 * A user who has just signed in.
 *
 * @param secret of the session, for the browser's cookie
 */
public record SignedIn(String secret, Principal principal) {}
