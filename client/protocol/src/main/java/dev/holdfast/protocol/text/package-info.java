/**
 * Text that comes from elsewhere (file names, messages of other machines), as terminals, logs and mails show it.
 *
 * <p>Uses the JDK only. Called wherever such text is shown.
 */
package dev.holdfast.protocol.text;
