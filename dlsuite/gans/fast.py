"""Keras's layers, doing the very same in less time on a CPU: the same weights, values and gradients.

Convolutions with stride 2 between a picture of few channels and features of many are slow, since the loops over the
picture's channels are too short. A stride of 2 is the same as a stride of 1 on 2 x 2 blocks of pixels, which have four
times the channels (Shi et al., 2016, arXiv:1609.05158 and 1609.07009). The kernel is only read in another order.
"""

import keras
import tensorflow as tf
from keras import layers

from dlsuite.keras_settings import registered

FEW_CHANNELS = 8


def _is_plain(layer, channels: int) -> bool:
    """Whether a layer is of the kind that is rewritten below; every other one is left to Keras."""
    return (
        channels <= FEW_CHANNELS
        and layer.kernel_size[0] == layer.kernel_size[1]
        and layer.strides == (2, 2)
        and layer.dilation_rate == (1, 1)
        and layer.padding == "same"
        and layer.data_format == "channels_last"
    )


@registered
class Conv2D(layers.Conv2D):
    """`keras.layers.Conv2D`, faster on few channels with a kernel of 4, 8, ..., stride 2, padding and even sides."""

    def convolution_op(self, inputs, kernel):
        size, _, channels, filters = kernel.shape
        if not (_is_plain(self, channels) and size % 4 == 0 and self.groups == 1 and _has_even_sides(inputs)):
            return super().convolution_op(inputs, kernel)
        border = [(size - 2) // 2] * 2
        blocks = tf.nn.space_to_depth(tf.pad(inputs, [[0, 0], border, border, [0, 0]]), 2)
        kernel = tf.reshape(kernel, [size // 2, 2, size // 2, 2, channels, filters])
        kernel = tf.transpose(kernel, [0, 2, 1, 3, 4, 5])  # (block, block, pixel, pixel, channels, filters)
        kernel = tf.reshape(kernel, [size // 2, size // 2, 4 * channels, filters])
        return tf.nn.conv2d(blocks, kernel, strides=1, padding="VALID")


def _has_even_sides(pictures) -> bool:
    return all(side is not None and side % 2 == 0 for side in pictures.shape[1:3])


@registered
class Conv2DTranspose(layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose`, faster to few channels with a kernel of 2, 6, 10, ..., stride 2 and padding."""

    def call(self, inputs):
        size, _, channels, filters = self.kernel.shape
        if not (_is_plain(self, channels) and size % 4 == 2 and self.output_padding is None):
            return super().call(inputs)
        # The pixel at 2 m + p, p = 0 or 1, sees the inputs m - r ... m + r through every second row of the kernel.
        kernel = tf.reshape(self.kernel, [size // 2, 2, size // 2, 2, channels, filters])[::-1, :, ::-1]
        kernel = tf.transpose(kernel, [0, 2, 5, 1, 3, 4])  # (input, input, filters, pixel, pixel, channels)
        kernel = tf.reshape(kernel, [size // 2, size // 2, filters, 4 * channels])
        outputs = tf.nn.depth_to_space(tf.nn.conv2d(inputs, kernel, strides=1, padding="SAME"), 2)
        return self.activation(outputs + self.bias if self.use_bias else outputs)


# The slope of a rectifier is constant almost everywhere, so the gradient of a gradient penalty ends at it. TensorFlow's
# sends zeros on from there, down through every layer below.


@registered
class LeakyReLU(layers.LeakyReLU):
    """`keras.layers.LeakyReLU`, faster in a gradient penalty."""

    def call(self, inputs):
        @tf.custom_gradient
        def leaky_relu(x):
            def gradient(upstream):
                fixed = tf.stop_gradient(x)
                return tf.raw_ops.LeakyReluGrad(gradients=upstream, features=fixed, alpha=self.negative_slope)

            return tf.nn.leaky_relu(x, self.negative_slope), gradient

        return leaky_relu(inputs)


@keras.saving.register_keras_serializable("dlsuite")
def relu(inputs):
    """`keras.activations.relu`, faster in a gradient penalty."""

    @tf.custom_gradient
    def rectified(x):
        return tf.nn.relu(x), lambda upstream: tf.raw_ops.ReluGrad(gradients=upstream, features=tf.stop_gradient(x))

    return rectified(inputs)
