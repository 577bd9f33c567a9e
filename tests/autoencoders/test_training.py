"""What `train` does around every auto-encoder."""

import keras
import numpy as np
import pytest

from dlsuite.autoencoders import encoder_decoder, training, vae
from dlsuite.data import examples, mnist


def test_held_out_digits_and_pictures(own_pictures):
    images, labels = training.held_out("mnist", 50)
    bytes_, classes = mnist.arrays("test", "bundled")
    np.testing.assert_allclose(images, bytes_[:50] / 255, atol=1e-7)
    np.testing.assert_array_equal(labels, classes[:50])
    images, labels = training.held_out(str(own_pictures))
    assert (images.dtype, images.shape) == ("float32", (40, 32, 32, 1))
    np.testing.assert_allclose(images * 255, examples.held_in_memory(str(own_pictures), "test"), atol=1e-4)
    assert (labels == -1).all()


class Steps(keras.callbacks.Callback):
    """The optimizer's count of its steps and its rate at each epoch's end."""

    def on_train_begin(self, logs=None):
        self.counted, self.rates = [], []

    def on_epoch_end(self, epoch, logs=None):
        self.counted.append(int(self.model.optimizer.iterations))
        self.rates.append(float(self.model.optimizer.learning_rate))


@pytest.mark.slow
@pytest.mark.parametrize(("batch_size", "steps"), [(128, 31), (200, 20), (180, 22)])
def test_an_epoch_has_as_many_steps_as_the_data_has_batches(batch_size, steps):
    """Keras makes whole calls only, of several steps each; 31 steps are not to become 40."""
    watch = Steps()
    vae.train(source="bundled", epochs=2, batch_size=batch_size, hidden=4, latent_dim=1, callbacks=[watch])
    assert watch.counted == [steps, 2 * steps]
    np.testing.assert_allclose(watch.rates, [0.5e-3, 0], atol=1e-9)


@pytest.mark.parametrize("steps", [1, 31, 62, 200, 230, 460])
def test_calls_divide_an_epoch(steps):
    dense, convolutional = (
        encoder_decoder.EncoderDecoder((4, 4, 1), network=network, hidden=4) for network in encoder_decoder.NETWORKS
    )
    options = training.execution(dense, steps)
    assert steps % options["steps_per_execution"] == 0
    if steps >= 200:
        assert options["steps_per_execution"] == 10
    assert training.execution(convolutional, steps) == {"jit_compile": False, "steps_per_execution": 1}


@pytest.mark.slow
def test_another_seed_gives_another_model():
    """That the same seed gives the same one is shown by every run that is resumed."""
    options = {"source": "bundled", "epochs": 1, "batch_size": 400, "hidden": 4, "latent_dim": 2}
    one, other = (vae.train(seed=seed, **options).encoder.get_weights() for seed in (1, 2))
    assert not np.isin(one[0], other[0]).any()
