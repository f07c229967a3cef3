/** Limits on work that many ask for at once, dealt fairly among those who ask. */
@NullMarked
package dev.holdfast.control.fair;

import org.jspecify.annotations.NullMarked;
