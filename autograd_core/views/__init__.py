"""What a person sees of a graph: steps, derivations, costs, pictures, the player, and the shell's language."""
