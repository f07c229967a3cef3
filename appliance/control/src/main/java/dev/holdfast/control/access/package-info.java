/**
 * Who may use the appliance, and for what: users and their roles, sign-in with a password and second factor or by an OpenID
 * provider, sessions of browsers, tokens of programs. {@link dev.holdfast.control.access.Access} composes the parts, and there
 * is one of it for an appliance. Uses the control database, the fair queues, outgoing HTTP requests and the keys that seal
 * secrets; knows neither routes nor commands. Called by the use cases, and by the API for each call's session or token.
 */
@NullMarked
package dev.holdfast.control.access;

import org.jspecify.annotations.NullMarked;
