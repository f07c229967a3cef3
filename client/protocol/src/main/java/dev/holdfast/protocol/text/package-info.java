/** How text that comes from elsewhere is shown: on terminals, in logs, in mails. */
package dev.holdfast.protocol.text;
