/**
 * An object store in a bucket of Alibaba Cloud OSS, with its credentials, its network and what its failures mean.
 * The only package that uses the SDK. Opened by the vault's settings in the control layer.
 */
@NullMarked
package dev.holdfast.vault.oss;

import org.jspecify.annotations.NullMarked;
