/* Runs signatures of a SavedModel through TensorFlow's C API, as a server without Python would.

   run_saved_model FOLDER (call (input TENSOR TYPE SHAPE FILE)* (output TENSOR FILE)+)+

   Every `call` is one run of the session. TENSOR is a name in the graph, such as serving_default_latent:0; TYPE is one
   of the names below; SHAPE is `scalar`, or sizes such as 5x28x28x1; FILE holds the raw values in this machine's byte
   order, and before each string its number of bytes as a uint64. For each output the program writes FILE and prints a
   line `TENSOR TYPE SHAPE`.

   Whatever goes wrong is said on stderr in a sentence, and the exit status is 1. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tensorflow/c/c_api.h>

enum { MOST_TENSORS = 32, MOST_DIMENSIONS = 16, LONGEST_NAME = 512, LONGEST_STRING = 1 << 24 };

static const struct {
  const char *name;
  TF_DataType type;
} TYPES[] = {
    {"float32", TF_FLOAT}, {"float64", TF_DOUBLE}, {"int32", TF_INT32},
    {"int64", TF_INT64},   {"uint8", TF_UINT8},    {"bool", TF_BOOL},    {"string", TF_STRING},
};
enum { NUMBER_OF_TYPES = sizeof TYPES / sizeof TYPES[0] };

static void fail(const char *what, const char *which) {
  fprintf(stderr, "run_saved_model: %s: %s\n", which, what);
  exit(1);
}

static void check(const TF_Status *status, const char *which) {
  if (TF_GetCode(status) != TF_OK) fail(TF_Message(status), which);
}

static TF_DataType type_called(const char *name) {
  for (int i = 0; i < NUMBER_OF_TYPES; ++i)
    if (strcmp(TYPES[i].name, name) == 0) return TYPES[i].type;
  fail("no such type", name);
  return TF_FLOAT;
}

static const char *name_of(TF_DataType type, const char *tensor) {
  for (int i = 0; i < NUMBER_OF_TYPES; ++i)
    if (TYPES[i].type == type) return TYPES[i].name;
  fail("its type is not one that this program writes", tensor);
  return NULL;
}

/* "operation:index" -> the tensor in the graph. */
static TF_Output find(TF_Graph *graph, const char *tensor) {
  char operation[LONGEST_NAME];
  const char *colon = strrchr(tensor, ':');
  if (!colon || (size_t)(colon - tensor) >= sizeof operation) fail("a tensor's name is operation:index", tensor);
  memcpy(operation, tensor, colon - tensor);
  operation[colon - tensor] = '\0';
  TF_Output found = {TF_GraphOperationByName(graph, operation), atoi(colon + 1)};
  if (!found.oper) fail("the graph has no such tensor", tensor);
  if (found.index < 0 || found.index >= TF_OperationNumOutputs(found.oper)) fail("the graph has no such tensor", tensor);
  return found;
}

/* Whether `file` holds as many strings as the tensor. Each must be deallocated before the tensor is. */
static bool read_strings(TF_Tensor *tensor, FILE *file) {
  TF_TString *strings = TF_TensorData(tensor);
  int64_t count = TF_TensorElementCount(tensor);
  for (int64_t i = 0; i < count; ++i) TF_StringInit(&strings[i]);
  for (int64_t i = 0; i < count; ++i) {
    uint64_t bytes;
    if (fread(&bytes, sizeof bytes, 1, file) != 1 || bytes > LONGEST_STRING) return false;
    char *text = malloc(bytes + 1);
    bool is_whole = text && fread(text, 1, bytes, file) == bytes;
    if (is_whole) TF_StringCopy(&strings[i], text, bytes);
    free(text);
    if (!is_whole) return false;
  }
  return true;
}

static bool write_strings(const TF_Tensor *tensor, FILE *file) {
  const TF_TString *strings = TF_TensorData(tensor);
  for (int64_t i = 0; i < TF_TensorElementCount(tensor); ++i) {
    uint64_t bytes = TF_StringGetSize(&strings[i]);
    if (fwrite(&bytes, sizeof bytes, 1, file) != 1) return false;
    if (fwrite(TF_StringGetDataPointer(&strings[i]), 1, bytes, file) != bytes) return false;
  }
  return true;
}

static bool read_numbers(TF_Tensor *tensor, FILE *file) {
  return fread(TF_TensorData(tensor), 1, TF_TensorByteSize(tensor), file) == TF_TensorByteSize(tensor);
}

static bool write_numbers(const TF_Tensor *tensor, FILE *file) {
  return fwrite(TF_TensorData(tensor), 1, TF_TensorByteSize(tensor), file) == TF_TensorByteSize(tensor);
}

static TF_Tensor *read_tensor(const char *type_name, const char *shape, const char *path) {
  int64_t sizes[MOST_DIMENSIONS];
  int rank = 0;
  size_t count = 1;
  if (strcmp(shape, "scalar") != 0) {
    const char *at = shape;
    char *end;
    do {
      if (rank == MOST_DIMENSIONS) fail("too many dimensions", shape);
      sizes[rank] = strtoll(at, &end, 10);
      if (end == at || sizes[rank] < 0 || (*end != 'x' && *end != '\0')) fail("not a shape", shape);
      count *= sizes[rank++];
      at = end + 1;
    } while (*end == 'x');
  }
  TF_DataType type = type_called(type_name);
  size_t size_of_each = type == TF_STRING ? sizeof(TF_TString) : TF_DataTypeSize(type); /* which is 0 for strings */
  TF_Tensor *tensor = TF_AllocateTensor(type, sizes, rank, count * size_of_each);
  FILE *file = fopen(path, "rb");
  if (!file) fail("cannot be read", path);
  bool fits = type == TF_STRING ? read_strings(tensor, file) : read_numbers(tensor, file);
  if (!fits || fgetc(file) != EOF) fail("its size does not fit its shape and type", path);
  fclose(file);
  return tensor;
}

static void write_tensor(const TF_Tensor *tensor, const char *name, const char *path) {
  printf("%s %s ", name, name_of(TF_TensorType(tensor), name));
  if (TF_NumDims(tensor) == 0) printf("scalar");
  for (int axis = 0; axis < TF_NumDims(tensor); ++axis)
    printf(axis ? "x%lld" : "%lld", (long long)TF_Dim(tensor, axis));
  printf("\n");
  FILE *file = fopen(path, "wb");
  if (!file) fail("cannot be written", path);
  bool is_whole = TF_TensorType(tensor) == TF_STRING ? write_strings(tensor, file) : write_numbers(tensor, file);
  if (fclose(file) != 0 || !is_whole) fail("cannot be written", path);
}

/* Frees a tensor that `read_tensor` made; those that the session made free their strings themselves. */
static void delete_input(TF_Tensor *tensor) {
  if (TF_TensorType(tensor) == TF_STRING) {
    TF_TString *strings = TF_TensorData(tensor);
    for (int64_t i = 0; i < TF_TensorElementCount(tensor); ++i) TF_StringDealloc(&strings[i]);
  }
  TF_DeleteTensor(tensor);
}

/* One `call`: takes its words from `words`, runs it, and returns how many it took. */
static int call(TF_Session *session, TF_Graph *graph, TF_Status *status, int number_of_words, char **words) {
  TF_Output inputs[MOST_TENSORS] = {0}, outputs[MOST_TENSORS] = {0};
  TF_Tensor *given[MOST_TENSORS] = {0}, *answers[MOST_TENSORS] = {0};
  const char *names[MOST_TENSORS], *paths[MOST_TENSORS];
  int number_of_inputs = 0, number_of_outputs = 0, at = 0;
  while (at < number_of_words && strcmp(words[at], "call") != 0) {
    if (number_of_inputs == MOST_TENSORS || number_of_outputs == MOST_TENSORS) fail("too many tensors", words[at]);
    if (strcmp(words[at], "input") == 0 && at + 4 < number_of_words) {
      inputs[number_of_inputs] = find(graph, words[at + 1]);
      given[number_of_inputs++] = read_tensor(words[at + 2], words[at + 3], words[at + 4]);
      at += 5;
    } else if (strcmp(words[at], "output") == 0 && at + 2 < number_of_words) {
      outputs[number_of_outputs] = find(graph, words[at + 1]);
      names[number_of_outputs] = words[at + 1];
      paths[number_of_outputs++] = words[at + 2];
      at += 3;
    } else {
      fail("expected `input TENSOR TYPE SHAPE FILE`, `output TENSOR FILE` or `call`", words[at]);
    }
  }
  if (number_of_outputs == 0) fail("no output is asked for", "call");
  TF_SessionRun(session, NULL, inputs, given, number_of_inputs, outputs, answers, number_of_outputs, NULL, 0, NULL,
                status);
  check(status, "running the model");
  for (int i = 0; i < number_of_outputs; ++i) {
    write_tensor(answers[i], names[i], paths[i]);
    TF_DeleteTensor(answers[i]);
  }
  for (int i = 0; i < number_of_inputs; ++i) delete_input(given[i]);
  return at;
}

int main(int argc, char **argv) {
  if (argc < 3 || strcmp(argv[2], "call") != 0) {
    fprintf(stderr, "usage: %s FOLDER (call (input TENSOR TYPE SHAPE FILE)* (output TENSOR FILE)+)+\n", argv[0]);
    return 1;
  }
  const char *tags[] = {"serve"};
  TF_Status *status = TF_NewStatus();
  TF_Graph *graph = TF_NewGraph();
  TF_SessionOptions *options = TF_NewSessionOptions();
  TF_Session *session = TF_LoadSessionFromSavedModel(options, NULL, argv[1], tags, 1, graph, NULL, status);
  check(status, argv[1]);
  for (int at = 2; at < argc;) at += 1 + call(session, graph, status, argc - at - 1, argv + at + 1);
  TF_CloseSession(session, status);
  check(status, "closing the session");
  TF_DeleteSession(session, status);
  TF_DeleteSessionOptions(options);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
  return 0;
}
