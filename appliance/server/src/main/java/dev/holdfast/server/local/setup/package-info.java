/**
 * The first setup of an appliance: what answers mean, what is wrong with them before anything is made, and the steps that
 * may be resumed. Questions and printed text are those of the command.
 *
 * <p>May use everything below the API; called by commands only.
 */
@NullMarked
package dev.holdfast.server.local.setup;

import org.jspecify.annotations.NullMarked;
