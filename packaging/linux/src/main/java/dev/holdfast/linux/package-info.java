/** Man pages and completions, made from the commands when the Linux packages are built. Not shipped. */
package dev.holdfast.linux;
