// Runs TorchScript programs in LibTorch; the gradient is that of LibTorch's own autograd.
//
// Reads one request a line from standard input and writes one line for each to standard output:
//
//   load PROGRAM           loads a TorchScript archive
//   run REQUEST ANSWER     REQUEST holds {"inputs": {name: tensor}, "gradients": [name]} as torch.save writes it;
//                          ANSWER is written to hold a tuple: the value, then the gradients in that order
//
// The answer is "ok", or "error" and the first line of the cause.

#include <torch/script.h>
#include <torch/torch.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

std::vector<char> read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw std::runtime_error("cannot read " + path);
  }
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write(const std::string& path, const std::vector<char>& content) {
  std::ofstream file(path, std::ios::binary);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  if (!file) {
    throw std::runtime_error("cannot write " + path);
  }
}

c10::IValue value_and_gradient(torch::jit::Module& program, const c10::IValue& request) {
  const auto parts = request.toGenericDict();
  std::unordered_map<std::string, c10::IValue> inputs;
  for (const auto& entry : parts.at("inputs").toGenericDict()) {
    inputs.emplace(entry.key().toStringRef(), entry.value());
  }
  std::vector<torch::Tensor> subjects;
  for (const auto& name : parts.at("gradients").toList()) {
    subjects.push_back(inputs.at(static_cast<c10::IValue>(name).toStringRef()).toTensor().requires_grad_());
  }

  const torch::Tensor value = program.get_method("forward")({}, inputs).toTensor();
  std::vector<torch::Tensor> gradients(subjects.size());
  if (value.requires_grad() && !subjects.empty()) {
    gradients = torch::autograd::grad({value.sum()}, subjects, {}, std::nullopt, false, true);
  }
  std::vector<c10::IValue> found = {value.detach()};
  for (size_t i = 0; i < subjects.size(); ++i) {
    found.emplace_back(gradients[i].defined() ? gradients[i] : torch::zeros_like(subjects[i]));
  }
  return c10::ivalue::Tuple::create(std::move(found));
}

std::string first_line(const std::exception& error) {
  std::istringstream text(error.what());
  std::string line;
  std::string last;
  std::getline(text, line);
  // an error raised inside a program ends with its own words; what stands above them is a trace
  for (std::string next; std::getline(text, next);) {
    if (next.find("Error: ") != std::string::npos) {
      last = next;
    }
  }
  return last.empty() ? line : last;
}

}  // namespace

int main() {
  torch::set_num_threads(1);
  std::optional<torch::jit::Module> program;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string what, first, second;
    words >> what >> first >> second;
    try {
      if (what == "load") {
        program = torch::jit::load(first);
      } else if (what == "run" && program) {
        write(second, torch::pickle_save(value_and_gradient(*program, torch::pickle_load(read(first)))));
      } else {
        throw std::runtime_error("expected load PROGRAM, then run REQUEST ANSWER, found " + line);
      }
      std::cout << "ok" << std::endl;
    } catch (const std::exception& error) {
      std::cout << "error " << first_line(error) << std::endl;
    }
  }
}
