"""The facts of the conditional GAN: where the class goes in, its penalty, its step, what it answers when served."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlsuite import guard
from dlsuite.data import examples, mnist
from dlsuite.gans import conditional_gan


def tiny(**arguments):
    keras.utils.set_random_seed(1)
    shape = {"data_shape": (8, 8, 1), "classes": 3, "latent_dim": 4, "critic_steps": 2, "seed": 5}
    return conditional_gan.ConditionalGAN(**shape | arguments)


def data(n=6, steps=2):
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, (n, steps, 8, 8, 1)).astype("float32"), rng.integers(0, 3, (n, steps)).astype("int32")


def test_the_critic_is_a_projection():
    """D(x, y) - D(x, y') is linear in the features: v_y . f(x) - v_y' . f(x)."""
    critic = tiny().critic
    x, label = data()[0][:, 0], np.eye(3, dtype="float32")
    flat = next(layer for layer in critic.layers if isinstance(layer, keras.layers.Flatten))
    features = keras.Model(critic.inputs[0], flat.output)(x).numpy()
    (direction,) = [layer for layer in critic.layers if isinstance(layer, keras.layers.Dense) and not layer.use_bias]
    v = direction.get_weights()[0]  # (classes, features)
    score = [critic([x, np.repeat(label[k : k + 1], len(x), axis=0)]).numpy()[:, 0] for k in range(3)]
    np.testing.assert_allclose(score[0] - score[2], features @ (v[0] - v[2]), rtol=1e-3, atol=1e-5)


def test_with_features_that_ignore_the_class_it_is_the_unconditional_critic():
    critic = tiny().critic
    (direction,) = [layer for layer in critic.layers if isinstance(layer, keras.layers.Dense) and not layer.use_bias]
    direction.set_weights([np.zeros_like(direction.get_weights()[0])])
    x = data()[0][:, 0]
    one, other = (critic([tf.constant(x), tf.one_hot([k] * len(x), 3)]).numpy() for k in (0, 1))
    np.testing.assert_array_equal(one, other)


def test_every_step_shows_real_and_fake_with_the_same_classes():
    model = tiny()
    model.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0))
    critic, generator, seen, asked = model.critic, model.generator, [], []

    class Spy:
        def __init__(self, spied, calls, part):
            self.spied, self.calls, self.part = spied, calls, part
            self.trainable_variables = spied.trainable_variables

        def __call__(self, x, training):
            self.calls.append(self.part(x).numpy())
            return self.spied(x, training=training)

    model.critic = Spy(critic, seen, lambda x: x[1])
    model.generator = Spy(generator, asked, lambda x: x[:, 4:])
    model.average_weights = lambda: None
    real, label = data()
    model.train_step((tf.constant(real), tf.constant(label)))
    one_hot = np.eye(3)[label]
    for step in range(2):
        np.testing.assert_array_equal(asked[step], one_hot[:, step])
        for call in seen[3 * step : 3 * step + 3]:  # on real, on fake, and in between
            np.testing.assert_array_equal(call, one_hot[:, step])
    np.testing.assert_array_equal(asked[2], one_hot[:, 0])
    np.testing.assert_array_equal(seen[6], one_hot[:, 0])
    assert int(model.critic_optimizer.iterations) == 2
    assert int(model.generator_optimizer.iterations) == 1


def test_the_penalty_is_on_the_slope_in_x_alone():
    """A critic w . x + 7 y has slope |w| wherever, whatever y weighs."""
    model = tiny(penalty=1.0)
    x, label = keras.Input((8, 8, 1)), keras.Input((3,))
    weight = np.random.default_rng(0).normal(size=(64, 1)).astype("float32") / 10
    linear, of_class = keras.layers.Dense(1, use_bias=False), keras.layers.Dense(1, use_bias=False)
    score = linear(keras.layers.Flatten()(x)) + of_class(label)
    model.critic = keras.Model([x, label], score)
    linear.set_weights([weight])
    of_class.set_weights([np.full((3, 1), 7.0)])
    real, labels = data()
    x = tf.constant(real[:, 0])
    terms = model.critic_terms(x, -x, tf.one_hot(labels[:, 0], 3))
    np.testing.assert_allclose(terms["penalty_term"], (np.linalg.norm(weight) - 1) ** 2, rtol=1e-4)


def test_samples_go_through_the_classes_in_turn_or_keep_to_one():
    signatures = tiny().signatures()
    in_turn = signatures["sample"][0](7, 3)
    assert in_turn["label"].numpy().tolist() == [0, 1, 2, 0, 1, 2, 0]
    np.testing.assert_array_equal(in_turn["latent"][:, 4:], np.eye(3)[in_turn["label"].numpy()])
    one = signatures["sample_class"][0](7, 3, 1)
    assert one["label"].numpy().tolist() == [1] * 7
    np.testing.assert_array_equal(one["latent"][:, :4], in_turn["latent"][:, :4])  # the same styles
    np.testing.assert_array_equal(signatures["decode"][0](one["latent"])["samples"], one["samples"])


@pytest.mark.parametrize("label", [-1, 3])
def test_a_class_that_there_is_not_is_refused(label):
    model = tiny()
    sample_class = guard.guarded(*model.signatures()["sample_class"], guard.LIMITS | model.input_limits)
    with pytest.raises(tf.errors.InvalidArgumentError, match="label: it must be from 0 to 2"):
        sample_class(4, 0, label)


@pytest.mark.slow
def test_measure_knows_whether_samples_are_what_was_asked_for(without_tfds):
    """A generator that copies real digits of the class it is asked for, and one that copies them of the next class."""
    pictures, labels = mnist.arrays("train", "bundled")
    one_of_each = np.stack([examples.scale(pictures[labels == label][0]).numpy() for label in range(10)])
    keras.utils.set_random_seed(0)
    model = conditional_gan.ConditionalGAN(latent_dim=2)
    accuracy = {}
    for shift in (0, 1):
        table = tf.constant(np.roll(one_of_each, -shift, axis=0))
        sample = lambda n, seed, table=table: {  # noqa: E731
            "samples": tf.gather(table, tf.range(n) % 10),
            "label": tf.range(n) % 10,
        }
        model.signatures = lambda sample=sample: {"sample": (sample, [])}
        measured = conditional_gan.measure(model, source="bundled")
        accuracy[shift] = measured["class_accuracy"]
    assert accuracy[0] >= 0.9
    assert accuracy[1] <= 0.1
    assert measured["class_accuracy_of_data"] > 0.97


@pytest.mark.slow
def test_it_is_saved_and_loaded_whole(tmp_path):
    model = tiny()
    model.compile(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3))
    batches = tf.data.Dataset.from_tensors(data()).repeat()
    model.fit(batches, steps_per_epoch=2, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.get_config() == model.get_config()
    assert int(loaded.critic_optimizer.iterations) == 4
    for name, arguments in {"sample": (5, 1), "sample_class": (5, 1, 2)}.items():
        before, after = (each.signatures()[name][0](*arguments)["samples"] for each in (model, loaded))
        np.testing.assert_array_equal(before, after)


def test_labelled_batches_are_pictures_with_their_own_classes(without_tfds):
    batches, steps = examples.batches("mnist", 100, source="bundled", seed=0, labelled=True)
    assert steps == 40
    pictures = examples.held_in_memory("mnist", "train", "bundled")
    class_of = {picture.tobytes(): label for picture, label in zip(*mnist.arrays("train", "bundled"), strict=True)}
    x, y = next(batches.as_numpy_iterator())
    assert (x.shape, y.dtype) == ((100, 28, 28, 1), np.int32)
    restored = np.round((x + 1) * 127.5).astype(pictures.dtype)
    assert [class_of[picture.tobytes()] for picture in restored] == y.tolist()


def test_data_without_classes_is_refused():
    with pytest.raises(ValueError, match="dataset='ring': it must be one of mnist"):
        conditional_gan.train(dataset="ring", epochs=1)


def test_one_class_is_no_condition():
    with pytest.raises(ValueError, match="classes=1: it must be at least 2"):
        tiny(classes=1)
