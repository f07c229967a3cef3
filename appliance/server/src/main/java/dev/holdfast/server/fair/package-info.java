/** Limits on work that many ask for at once, dealt fairly among those who ask. */
@NullMarked
package dev.holdfast.server.fair;

import org.jspecify.annotations.NullMarked;
