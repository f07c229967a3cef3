/**
 * Configuration files of client and appliance, and environment variables beside them: both become options of the command that
 * runs the service.
 *
 * <p>Uses Jackson's TOML parser. Called by both command lines.
 */
package dev.holdfast.protocol.config;
