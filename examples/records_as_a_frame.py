"""Stored records as a pandas frame, and the statements that can be made of them."""

from dcgan_eval import compare, load_results

frame = load_results("results/cifar10_3000")
ours = frame[frame.representation.str.startswith("ours")]
print(ours.groupby("step").value.mean().round(2).to_string())

comparison = compare("results/cifar10_3000")
print(comparison.pairs[0].sentence)
