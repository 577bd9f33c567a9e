"""Where notes and slides on GANs in circulation are wrong."""

import streamlit as st

ERRATA = r"""
Lecture notes and slides on GANs are copied from one another, and these mistakes with them.

**The logarithms of V.** The value function is

$$V(D, G) = \mathbb E_{x \sim p}\big[\log D(x)\big] + \mathbb E_z\big[\log(1 - D(G(z)))\big].$$

Where a logarithm is missing, as in $\mathbb E[D(x)] + \mathbb E[1 - D(G(z))]$, the best discriminator is not $p/(p+q)$
but 1 wherever $p > q$ and 0 elsewhere, and what it gains is $1 + \mathrm{TV}(p, q)$, the total variation, not the
Jensen-Shannon divergence. With both logarithms, set the derivative of $p \log D + q \log(1 - D)$ to 0:
$p/D = q/(1 - D)$, hence $D^* = p/(p+q)$.

**The sign of the discriminator's step.** $\phi$ climbs $V$ and $\theta$ descends it:

$$\phi \leftarrow \phi + \gamma \nabla_\phi V, \qquad \theta \leftarrow \theta - \gamma \nabla_\theta V.$$

With a minus in the first, both players help each other to make the discriminator wrong.

**The eigenvalues with R1.** On the Dirac-GAN the Jacobian at the equilibrium is
$\begin{pmatrix} 0 & -\tfrac12 \\ \tfrac12 & -\gamma \end{pmatrix}$. Its trace is $-\gamma$ and its determinant
$\tfrac14$, so $\lambda^2 + \gamma \lambda + \tfrac14 = 0$ and

$$\lambda = -\frac{\gamma}{2} \pm \sqrt{\frac{\gamma^2}{4} - \frac14}.$$

Any other root fails one of two checks: the eigenvalues must sum to the trace and multiply to the determinant.
The table in *Convergence* is computed, and a test compares it with numerical Jacobians.
"""


def errata():
    """Where notes and slides in circulation are wrong, with the derivations."""
    with st.expander("Errata: three mistakes that slides in circulation share", icon=":material/edit_note:"):
        st.markdown(ERRATA)
