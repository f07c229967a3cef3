/** Requests that the appliance itself sends over HTTP: to webhooks and to the OpenID provider. */
@NullMarked
package dev.holdfast.control.outgoing;

import org.jspecify.annotations.NullMarked;
