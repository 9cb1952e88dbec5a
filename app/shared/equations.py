"""Each method in one line of mathematics, with the letters of its sliders."""

from xai_core import catalogue

EQUATIONS = {name: method.equation for name, method in catalogue().items()}

DIVERGENCES = {  # UNI's C, of the answer p at x′ and the answer q to match
    "kl": r"\mathrm{KL}(q \,\|\, p)",
    "reverse_kl": r"\mathrm{KL}(p \,\|\, q)",
    "l2": r"\sum_j (p_j - q_j)^2",
    "total_variation": r"\tfrac{1}{2} \sum_j |p_j - q_j|",
}

_LARGER = r"x' - x = %s \qquad U_s \text{: a mask } m_s \text{ of } s \times s \text{ numbers, made larger}"
SUBSPACES = {"mask_7": _LARGER % "U_7 m_7", "scales": _LARGER % r"\sum_s U_s m_s, \; s = 7, 14, 28, \dots"}

BIASES = {
    "share": r"S = \frac{\sum_{\text{part}} |A_i|}{\sum_{\text{whole}} |A_i|} \Big/"
    r" \frac{|\text{part}|}{|\text{whole}|}, \qquad A = (x - x') \odot \int_0^1 \nabla F_c \, d\alpha"
    r" \;=\; 0 \text{ wherever } x = x'",
    "roughness": r"R = \frac{\sum_{i \sim j} |A_i - A_j|}{\sum_{i \sim j} (|A_i| + |A_j|)},"
    r" \qquad i \sim j \text{: neighbours}",
}

CLASSES = {
    "NormLIME": r"S_y(c_i) = \frac{1}{|E_y(c_i)|} \sum_{w \in E_y(c_i)} \frac{|w_i|}{\|w\|_1} \, w_i, \qquad"
    r" E_y(c_i) = \{w : w_i \neq 0, \; f(x) = y\}",
    "LIME": r"I_{SP}(c_i) = \sqrt{\textstyle\sum_{w:\, f(x) = y} \max(w_i, 0)^2}",
    "pick": r"\text{pick } V \text{ greedily for } c(V) = \sum_j I_j \, 1[\exists\, i \in V: W_{ij} \neq 0],"
    r" \qquad I_j = \sqrt{\textstyle\sum_i |W_{ij}|}",
}

DISTANCING = {
    "targets": r"y_i = N(x_i), \qquad y_i[b] \mathrel{-}= \alpha \text{ for samples of class } a, \qquad"
    r" y_i[a] \mathrel{-}= \alpha \text{ for samples of class } b",
    "supports": r"\theta_\alpha = \arg\min_\theta \frac{1}{nC} \sum_i \|N_\theta(x_i) - y_i\|^2,"
    r" \qquad \text{from the analysed network's weights}",
    "intersection": r"\mathrm{GAD} = A_0 \odot \prod_k m_k, \qquad m_k = 1[\text{pixel important in } A_k]",
    "minimum": r"\mathrm{GAD} = A_0 \odot \frac{\min_k n_k / \max n_k}{n_0 / \max n_0},"
    r" \qquad n_k = \Big|\sum_{\text{channels}} A_k\Big|",
    "scores": r"\mathrm{RC} = \frac{A(\mathrm{CH}_{\mathrm{GAD}})}{A(\mathrm{CH}_{\mathrm{orig}})}, \qquad"
    r" \mathrm{RS} = \frac{|N_a(I) - N_a(I \odot (1 - M))|}{\sum M}",
}

SCOREBOARD = {
    "Deletion and insertion": r"\mathrm{AUC} = \frac{1}{S} \sum_{k=1}^{S} F_c(\text{picture after } k \text{ steps}),"
    r" \qquad \text{deletion: } x \to \text{canvas}, \quad \text{insertion: canvas} \to x",
    "MuFidelity": r"\mu = \mathrm{corr}_S \Big( \sum_{i \in S} A_i, \;"
    r" F_c(x) - F_c(x_{S \mapsto \text{reference}}) \Big)",
    "Ground truth": r"\text{inside} = \frac{\sum_{i \in \text{mask}} A_i^+}{\sum_i A_i^+}, \qquad"
    r" \text{points} = 1[\arg\max_i A_i \in \text{mask}]",
    "Network in ruins": r"\rho_d = \mathrm{Spearman}\big(A(x; \theta), \; A(x; \theta_d)\big), \qquad"
    r" \theta_d\text{: the weights of the last } d \text{ layers, shuffled}",
    "Attack": r"\begin{gathered} \delta^* = \arg\max_{\delta} d\big(A(x), A(x + \delta)\big) \quad \text{with }"
    r" \|\delta\|_\infty \le \varepsilon_f, \;\; \arg\max F(x + \delta) = \arg\max F(x) \\"
    r" \text{by steps along the sign of } -\nabla_x \frac{\sum_{i \in \text{top } k} |G_i|}{\sum_i |G_i|}, \quad"
    r" G \text{: the map of a smooth twin} \end{gathered}",
}
