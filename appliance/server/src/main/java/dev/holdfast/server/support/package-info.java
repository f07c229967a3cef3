/** Facts for support about an appliance, running or not: read by its API and from its files, for a bundle. */
@NullMarked
package dev.holdfast.server.support;

import org.jspecify.annotations.NullMarked;
