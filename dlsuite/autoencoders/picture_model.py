"""What every auto-encoder's model of pictures has: noise of its own, a step of its optimizer, pictures to show."""

import keras
import numpy as np

from dlsuite import devices


class PictureModel(keras.Model):
    """A model of pictures: what a training step of any needs, and the held-out pictures that its previews show.

    Args:
        inputs, outputs: of the graph, see `keras.Model`.
        data_shape: `(height, width, channels)`.
        seed: of all noise drawn in training.
    """

    def __init__(self, inputs, outputs, data_shape, seed, **kwargs):
        super().__init__(inputs, outputs, **kwargs)
        self.data_shape, self.seed = data_shape, seed
        self.noise_seeds = keras.random.SeedGenerator(seed)
        self.held_out = np.zeros((1, *data_shape), "float32"), np.array([-1])  # until `fit_to` has others

    @property
    def input_limits(self):
        return {"pictures": (0, 1)}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)

    def draw(self, distribution, batch, *shape):
        """This device's rows of a draw for the whole batch, `(batch, *shape)`."""
        return devices.draw(distribution, self.noise_seeds, batch, *shape)

    def minimize(self, loss, tape):
        """One step of the optimizer along the gradient of `loss`, a mean over this device's rows."""
        devices.minimize(loss, tape, self.optimizer, self.trainable_variables, is_fused=True)


def require_shape(data_shape):
    """The shape as a tuple; `ValueError` unless it is one of pictures whose sides are multiples of 4."""
    data_shape = tuple(data_shape)
    if len(data_shape) != 3 or min(data_shape) < 1 or data_shape[0] % 4 or data_shape[1] % 4:
        raise ValueError(f"data_shape={data_shape}: it is (height, width, channels) with sides that are multiples of 4")
    return data_shape
